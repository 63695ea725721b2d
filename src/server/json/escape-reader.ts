// Backslash escapes in JSON strings, byte by byte, so that a chunk may end inside one.
// Errors are RapidJSON's; their offset is the backslash's.

/** Nothing yet, the bytes (UTF-8) that the escape stands for, or what is wrong with it. */
export type Escape = Uint8Array | string | undefined;

const SIMPLE: Readonly<Record<number, number>> = {
  34: 0x22, // "
  47: 0x2f, // /
  92: 0x5c, // \
  98: 0x08, // b
  102: 0x0c, // f
  110: 0x0a, // n
  114: 0x0d, // r
  116: 0x09, // t
};

const BAD_ESCAPE = "Invalid escape character in string.";
const BAD_HEX = "Incorrect hex digit after \\u escape in string.";
const BAD_SURROGATE = "The surrogate pair in string is invalid.";

export class EscapeReader {
  /** An escape has begun and is not complete. */
  pending = false;
  /** Where its backslash stands. */
  offset = 0;
  /** Bytes after the backslash. */
  #length = 0;
  #unit = 0;
  /** The first half of a surrogate pair; 0 if there is none. */
  #high = 0;

  /** A backslash was read. */
  begin(offset: number): void {
    this.pending = true;
    this.offset = offset;
    this.#length = 0;
    this.#unit = 0;
    this.#high = 0;
  }

  /** The next byte after the backslash. */
  take(byte: number): Escape {
    this.#length++;
    // A pair reads: u h h h h \ u l l l l, so that the second half repeats the first from byte 7 on.
    const place = this.#high === 0 ? this.#length : this.#length - 6;
    if (this.#high !== 0 && place === 0) return byte === 0x5c ? undefined : this.#end(BAD_SURROGATE);
    if (place === 1) return this.#takeKind(byte);
    const digit = hexDigit(byte);
    if (digit < 0) return this.#end(BAD_HEX);
    this.#unit = this.#unit * 16 + digit;
    return place === 5 ? this.#takeUnit() : undefined;
  }

  #takeKind(byte: number): Escape {
    if (byte === 0x75) return undefined;
    if (this.#high !== 0) return this.#end(BAD_SURROGATE);
    const simple = SIMPLE[byte];
    return simple === undefined ? this.#end(BAD_ESCAPE) : this.#end(Uint8Array.of(simple));
  }

  #takeUnit(): Escape {
    const unit = this.#unit;
    if (this.#high !== 0) {
      if (unit < 0xdc00 || unit > 0xdfff) return this.#end(BAD_SURROGATE);
      return this.#end(utf8(0x10000 + ((this.#high - 0xd800) << 10) + (unit - 0xdc00)));
    }
    if (unit < 0xd800 || unit > 0xdfff) return this.#end(utf8(unit));
    if (unit > 0xdbff) return this.#end(BAD_SURROGATE);
    this.#high = unit;
    this.#unit = 0;
    return undefined;
  }

  #end(result: Uint8Array | string): Escape {
    this.pending = false;
    return result;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}

function utf8(codePoint: number): Uint8Array {
  return Buffer.from(String.fromCodePoint(codePoint));
}
