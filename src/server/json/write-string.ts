// Strings as JSON, byte by byte: nothing is checked or decoded, so that any bytes come out as they are.
// Escapes are RapidJSON's: the short ones, and \u00XX with capital digits.
import type { JsonOutput } from "./json-output.ts";

const HEX = "0123456789ABCDEF";
const ESCAPES = makeEscapes();
/** A multiple of three, so that base64 needs no padding between pieces. */
const BASE64_BYTES = 3 * 1024;

/** Writes a string with its quotes, yielding full pieces. */
export function* writeString(out: JsonOutput, text: Uint8Array): Generator<Uint8Array, void> {
  out.byte(0x22);
  for (const byte of text) {
    const escaped = ESCAPES[byte];
    if (escaped === undefined) out.byte(byte);
    else out.text(escaped);
    if (out.full) yield out.take();
  }
  out.byte(0x22);
}

/** Writes bytes as a base64 string with its quotes, yielding full pieces. */
export function* writeBase64(out: JsonOutput, bytes: Uint8Array): Generator<Uint8Array, void> {
  out.byte(0x22);
  for (let from = 0; from < bytes.length; from += BASE64_BYTES) {
    const part = bytes.subarray(from, from + BASE64_BYTES);
    if (out.full) yield out.take();
    const text = Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString("base64");
    // Four thirds of BASE64_BYTES are the slack.
    out.text(text);
    if (out.full) yield out.take();
  }
  out.byte(0x22);
}

function makeEscapes(): (string | undefined)[] {
  const escapes: (string | undefined)[] = new Array(256).fill(undefined);
  for (let code = 0; code < 0x20; code++) escapes[code] = `\\u00${HEX[code >> 4]}${HEX[code & 15]}`;
  escapes[0x08] = "\\b";
  escapes[0x09] = "\\t";
  escapes[0x0a] = "\\n";
  escapes[0x0c] = "\\f";
  escapes[0x0d] = "\\r";
  escapes[0x22] = '\\"';
  escapes[0x5c] = "\\\\";
  return escapes;
}
