// Base64 as it arrives, by the rules of absl::Base64Unescape: the standard alphabet, blanks skipped, padding all or none.
// Not here: encoding, which Buffer does.
import { TextBuffer, type TextSink } from "./text-buffer.ts";

const BLANK = -2;
const PADDING = -3;
const CODES = makeCodes();
/** Decoded bytes are handed on in pieces of this size. */
const PIECE_BYTES = 3 * 1024;

export class Base64Decoder implements TextSink {
  readonly #out = new TextBuffer();
  #piece: Uint8Array | undefined;
  #bits = 0;
  /** Characters of the quartet at hand. */
  #held = 0;
  #padding = 0;
  #valid = true;

  append(bytes: Uint8Array, start: number, end: number, bodyBytesLeft: number): void {
    this.#piece ??= new Uint8Array(PIECE_BYTES + 3);
    const piece = this.#piece;
    let filled = 0;
    let bits = this.#bits;
    let held = this.#held;
    for (let at = start; at < end; at++) {
      const code = CODES[bytes[at] as number] as number;
      if (code < 0) {
        if (code === PADDING) this.#padding++;
        else if (code !== BLANK) this.#valid = false;
        continue;
      }
      if (this.#padding > 0) this.#valid = false;
      bits = (bits << 6) | code;
      if (++held < 4) continue;
      piece[filled++] = bits >> 16;
      piece[filled++] = bits >> 8;
      piece[filled++] = bits;
      bits = 0;
      held = 0;
      if (filled >= PIECE_BYTES) {
        this.#out.append(piece, 0, filled, bodyBytesLeft);
        filled = 0;
      }
    }
    this.#bits = bits;
    this.#held = held;
    if (filled > 0) this.#out.append(piece, 0, filled, bodyBytesLeft);
  }

  /** The decoded bytes since the last call; undefined if the text was not base64. */
  take(): Uint8Array | undefined {
    const { padding, valid } = { padding: this.#padding, valid: this.#valid };
    const held = this.#held;
    if (held === 2) this.#out.append(Uint8Array.of(this.#bits >> 4), 0, 1, 0);
    if (held === 3) this.#out.append(Uint8Array.of(this.#bits >> 10, this.#bits >> 2), 0, 2, 0);
    this.#bits = 0;
    this.#held = 0;
    this.#padding = 0;
    this.#valid = true;
    const decoded = this.#out.take();
    const expected = held === 0 ? 0 : 4 - held;
    return valid && held !== 1 && (padding === 0 || padding === expected) ? decoded : undefined;
  }
}

function makeCodes(): Int8Array {
  const codes = new Int8Array(256).fill(-1);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (let code = 0; code < alphabet.length; code++) codes[alphabet.charCodeAt(code)] = code;
  for (const blank of " \t\n\v\f\r") codes[blank.charCodeAt(0)] = BLANK;
  codes["=".charCodeAt(0)] = PADDING;
  codes[".".charCodeAt(0)] = PADDING; // absl takes the dot for padding, too
  return codes;
}
