// Parses the JSON of PyTorch's archives, which Python's json.dumps wrote.
// Up to torch 2.6 infinities and NaN stand as bare words, which JSON does not have; later they are strings. Integers
// beyond 2^53 round to the nearest double: the only ones in use (2^63 - 1 for "to the end") mean infinity.
import { fail } from "../../core/errors.ts";
import { JsonValue } from "./json-value.ts";

/** JavaScript's longest string; models of a hundred thousand nodes take some 100 MB. */
const MAX_JSON_BYTES = 2 ** 29 - 25;

/** Programs nest some twenty deep, and eight more for each graph within a graph. */
const MAX_JSON_DEPTH = 500;

/** The file's root. Throws PT2_MALFORMED if it is no JSON, or too large; `name` is what messages call it. */
export function parseJson(file: string, name: string, bytes: Uint8Array): JsonValue {
  if (bytes.byteLength > MAX_JSON_BYTES) {
    const found = `${bytes.byteLength} bytes long`;
    return fail("PT2_MALFORMED", {
      file,
      where: name,
      found,
      wanted: `JSON of at most ${MAX_JSON_BYTES} bytes`,
    });
  }
  if (depthOf(bytes) > MAX_JSON_DEPTH) {
    return fail("PT2_MALFORMED", { file, where: name, found: "nested without end", wanted: "a program" });
  }
  const text = new TextDecoder().decode(bytes);
  const value = tryParse(text) ?? tryParse(quoteBareWords(text));
  if (value === undefined) {
    const found = text.trim() === "" ? "empty" : `not JSON (${syntaxError(text)})`;
    return fail("PT2_MALFORMED", { file, where: name, found, wanted: "JSON" });
  }
  return new JsonValue(file, value, name);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** How deep brackets nest outside of strings: what reads the values walks them by recursion. */
function depthOf(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < bytes.byteLength; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at + 1);
    else if (byte === 0x5b || byte === 0x7b) {
      depth++;
      if (depth > deepest) deepest = depth;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return deepest;
}

/** Where the quote is that closes the string with contents from `start` on; the end of the bytes if there is none. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(QUOTE, start); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let slashes = 0;
    while (bytes[at - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return bytes.byteLength;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `{"max_val": Infinity}` becomes `{"max_val": "Infinity"}`; strings are passed over whole. */
function quoteBareWords(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
}

function syntaxError(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return error.message.slice(0, 100);
  }
  return "unknown error";
}
