// Protobuf's wire format, as far as the hot path needs it: a cursor over fields, and a growing buffer.
// Source: https://protobuf.dev/programming-guides/encoding/
// Invariant: reading past the end, or a length beyond it, is an error and never a short read.

/** A message that is not one. */
export class WireError extends Error {}

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

export class WireReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.at >= this.end;
  }

  /** A varint as a number; one of more than 53 bits loses its lowest ones. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      if (this.at >= this.end) throw new WireError("a number is cut off");
      const byte = this.bytes[this.at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new WireError("a number has more than ten bytes");
  }

  /** A varint as 64 bits. */
  varint64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.end) throw new WireError("a number is cut off");
      const byte = this.bytes[this.at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError("a number has more than ten bytes");
  }

  /** The bytes of a length-delimited field, as a view. */
  take(): Uint8Array {
    const { at, end } = this.range();
    return this.bytes.subarray(at, end);
  }

  /** A cursor over a length-delimited field. */
  message(): WireReader {
    const { at, end } = this.range();
    return new WireReader(this.bytes, at, end);
  }

  /** A cursor over what was passed since a place. */
  part(from: number): WireReader {
    return new WireReader(this.bytes, from, this.at);
  }

  text(): string {
    const { at, end } = this.range();
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + at, end - at).toString();
  }

  /** So many bytes, as a view. */
  fixed(length: number): Uint8Array {
    if (this.at + length > this.end) throw new WireError("a field reaches past the end");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Passes over a field that nobody wants; its tag was read. */
  skip(tag: number): void {
    const wireType = tag % 8;
    if (tag < 8) throw new WireError("there is no field 0");
    if (wireType === VARINT) this.varint();
    else if (wireType === FIXED64) this.fixed(8);
    else if (wireType === BYTES) this.range();
    else if (wireType === FIXED32) this.fixed(4);
    else throw new WireError(`wire type ${wireType} is not used by proto3`);
  }

  range(): { readonly at: number; readonly end: number } {
    const length = this.varint();
    const { at } = this;
    if (at + length > this.end) throw new WireError("a field reaches past the end");
    this.at = at + length;
    return { at, end: this.at };
  }
}

/** Bytes that a varint takes. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

const FIRST_CAPACITY = 64;

export class WireWriter {
  /** Out of Node's pool: most of what is written is a few headers of some bytes. */
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  varint(value: number): this {
    this.#reserve(10);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
    return this;
  }

  /** The low 64 bits of an integer, as a varint. */
  varint64(value: bigint): this {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest >= 128n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
    return this;
  }

  /** Four bytes. */
  float32(value: number): this {
    this.#reserve(4);
    new DataView(this.#bytes.buffer, this.#bytes.byteOffset).setFloat32(this.#length, value, true);
    this.#length += 4;
    return this;
  }

  tag(field: number, wireType: number): this {
    return this.varint(field * 8 + wireType);
  }

  /** Bytes with their length in front. */
  lengthDelimited(bytes: Uint8Array): this {
    this.varint(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  text(text: string): this {
    const length = Buffer.byteLength(text);
    this.varint(length);
    this.#reserve(length);
    this.#length += this.#bytes.write(text, this.#length);
    return this;
  }

  /** What was written. */
  finish(): Uint8Array {
    // A Buffer's own `subarray` costs more than all that is written into most of them.
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#length + count, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
