// Reads the arguments of pickle opcodes from bytes; every read is checked against the end.

/** What is wrong with a pickle; caught at the border of this folder. */
export class BrokenPickle extends Error {}

export class PickleCursor {
  at: number;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array, start: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
  }

  /** The next `length` bytes, a view. */
  take(length: number): Uint8Array {
    if (length < 0 || this.at + length > this.bytes.byteLength)
      throw new BrokenPickle(`it ends within byte ${this.at}`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** A line of text without its end. Only names, numbers and texts of protocol 0 stand in lines. */
  line(encoding: "utf8" | "latin1" = "utf8"): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new BrokenPickle(`a line without an end at byte ${this.at}`);
    const text = Buffer.from(this.bytes.subarray(this.at, end)).toString(encoding);
    this.at = end + 1;
    return text;
  }

  text(length: number): string {
    return new TextDecoder().decode(this.take(length));
  }

  uint8(): number {
    return this.number(1, (at) => this.view.getUint8(at));
  }

  uint16(): number {
    return this.number(2, (at) => this.view.getUint16(at, true));
  }

  int32(): number {
    return this.number(4, (at) => this.view.getInt32(at, true));
  }

  uint32(): number {
    return this.number(4, (at) => this.view.getUint32(at, true));
  }

  /** A 64-bit length. */
  uint64(): number {
    return this.number(8, (at) => Number(this.view.getBigUint64(at, true)));
  }

  /** Big-endian, alone among the numbers of a pickle. */
  float64(): number {
    return this.number(8, (at) => this.view.getFloat64(at, false));
  }

  private number(width: number, read: (at: number) => number): number {
    const start = this.at;
    this.take(width);
    return read(start);
  }
}

/** The integer of LONG1 and LONG4: little-endian two's complement of any length. */
export function longOf(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (const byte of [...bytes].reverse()) value = value * 256n + BigInt(byte);
  const negative = ((bytes.at(-1) ?? 0) & 0x80) !== 0;
  return plainInteger(negative ? value - 2n ** BigInt(8 * bytes.length) : value);
}

/** A number where it is exact. */
export function plainInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
