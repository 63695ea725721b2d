// Fields -> HPACK blocks. What every answer says is sent once and then named by one byte; the rest is sent as it is.
// Source: RFC 7541, 4.2 (a table's size), 6.

import { STATIC_ENTRIES } from "./header-table.ts";
import { HEADER_TABLE_BYTES } from "./limits.ts";
import { STATIC_TABLE } from "./static-table.ts";

/** A field that is sent: its name, lower case, and its value, one character a byte. */
export type SentField = readonly [name: string, value: string];

const ENTRY_BYTES = 32;

export class HeaderEncoder {
  /** What answers repeat, which is not much. */
  readonly #repeated: ReadonlySet<SentField>;
  /** Those that the client knows by now, oldest first. */
  #sent: SentField[] = [];
  #tableBytes = HEADER_TABLE_BYTES;
  #isResized = false;
  #bytes = Buffer.allocUnsafe(512);
  #at = 0;

  /** `repeated` are told by their identity. */
  constructor(repeated: Iterable<SentField>) {
    this.#repeated = new Set(repeated);
  }

  /** The client has room for so much; it may be told of at the next block only. */
  resize(tableBytes: number): void {
    this.#tableBytes = Math.min(tableBytes, HEADER_TABLE_BYTES);
    this.#isResized = true;
    this.#sent = [];
  }

  /** A block that is valid until the next one. */
  encode(fields: readonly SentField[]): Uint8Array {
    this.#at = 0;
    if (this.#isResized) {
      this.#integer(0x20, 5, 0); // forgets everything on both sides
      this.#integer(0x20, 5, this.#tableBytes);
      this.#isResized = false;
    }
    for (const field of fields) this.#field(field);
    return this.#bytes.subarray(0, this.#at);
  }

  #field(field: SentField): void {
    const [name, value] = field;
    const whole = WHOLE.get(name)?.get(value);
    if (whole !== undefined) {
      this.#integer(0x80, 7, whole);
      return;
    }
    const known = this.#sent.indexOf(field);
    if (known >= 0) {
      this.#integer(0x80, 7, STATIC_ENTRIES + this.#sent.length - known);
      return;
    }
    const remembered = this.#repeated.has(field) && this.#hasRoom(field);
    const index = NAMES.get(name) ?? 0;
    if (remembered) this.#integer(0x40, 6, index);
    else this.#integer(0, 4, index);
    if (index === 0) this.#text(name);
    this.#text(value);
    if (remembered) this.#sent.push(field);
  }

  #hasRoom(field: SentField): boolean {
    const size = ([name, value]: SentField): number => name.length + value.length + ENTRY_BYTES;
    return this.#sent.reduce((sum, one) => sum + size(one), size(field)) <= this.#tableBytes;
  }

  #text(text: string): void {
    this.#integer(0, 7, text.length);
    this.#reserve(text.length);
    this.#at += this.#bytes.write(text, this.#at, "latin1");
  }

  #integer(pattern: number, prefixBits: number, value: number): void {
    this.#reserve(6);
    const max = 2 ** prefixBits - 1;
    if (value < max) {
      this.#bytes[this.#at++] = pattern | value;
      return;
    }
    this.#bytes[this.#at++] = pattern | max;
    let rest = value - max;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 0x80;
    this.#bytes[this.#at++] = rest;
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe((this.#at + count) * 2);
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** Indices of names, and of names with a value, in the static table. */
const NAMES = new Map<string, number>();
const WHOLE = new Map<string, Map<string, number>>();
for (const [index, field] of STATIC_TABLE.entries()) {
  if (!field) continue;
  if (!NAMES.has(field.name)) NAMES.set(field.name, index);
  if (field.value !== "") WHOLE.set(field.name, (WHOLE.get(field.name) ?? new Map()).set(field.value, index));
}
