// Texts as Python's repr writes them.
// Source: the Python language reference, string and bytes literals.

/** `'serve'`: single quotes, or double ones where only those need no escape. Control characters are escaped. */
export function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let body = "";
  for (const character of text) body += escapeCharacter(character, quote);
  return quote + body + quote;
}

/** `['serve', 'gpu']`. */
export function listRepr(texts: readonly string[]): string {
  return `[${texts.map(stringRepr).join(", ")}]`;
}

/** `b'\xff1.0'`. */
export function bytesRepr(bytes: Uint8Array): string {
  const characters = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const quote = characters.includes("'") && !characters.includes('"') ? '"' : "'";
  let body = "";
  for (const character of characters) {
    body += character > "~" ? hexEscape(character) : escapeCharacter(character, quote);
  }
  return `b${quote}${body}${quote}`;
}

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

function escapeCharacter(character: string, quote: string): string {
  if (character === quote) return `\\${character}`;
  const named = NAMED[character];
  if (named) return named;
  // \p{C}: control, format, surrogate, private and unassigned characters; \p{Z} but the plain space.
  if (character === " " || !/[\p{C}\p{Z}]/u.test(character)) return character;
  return hexEscape(character);
}

function hexEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0; // a character has one
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}
