// HPACK blocks -> fields.
// Source: RFC 7541, 5 (integers, strings), 6 (representations).
// Invariant: a block is read to its end even when its fields are too many, since the table must follow the client's; the
// fields beyond the limit are then not kept.
import { type HeaderField, headerField } from "./header-field.ts";
import { HeaderTable } from "./header-table.ts";
import { huffmanText } from "./huffman.ts";
import { COMPRESSION_ERROR, ConnectionError } from "./protocol.ts";

/** Integers above this have no use; more than four bytes of them are a mistake or an attack. */
const MAX_INTEGER_BYTES = 4;
/** Blocks of a few bytes are what a busy client sends again and again. */
const REMEMBERED_BYTES = 64;

export class HeaderDecoder {
  readonly #table: HeaderTable;
  readonly #tableBytes: number;
  readonly #maxListBytes: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** The last block that only named what both sides know, which means the same until the table changes. */
  readonly #lastBlock = new Uint8Array(REMEMBERED_BYTES);
  #lastLength = 0;
  #lastFields: readonly HeaderField[] = [];
  /** What the fields of the block that was read last came to where that was more than is allowed, else 0. */
  tooLargeBytes = 0;

  constructor(tableBytes: number, maxListBytes: number) {
    this.#table = new HeaderTable(tableBytes);
    this.#tableBytes = tableBytes;
    this.#maxListBytes = maxListBytes;
  }

  /** The fields, as far as they are allowed. Throws COMPRESSION_ERROR if the block is none. */
  decode(block: Uint8Array): readonly HeaderField[] {
    this.tooLargeBytes = 0;
    if (this.#isLast(block)) return this.#lastFields;
    this.#bytes = block;
    this.#at = 0;
    const fields: HeaderField[] = [];
    let size = 0;
    let onlyIndexed = true;
    while (this.#at < block.length) {
      const first = block[this.#at] ?? 0;
      let field: HeaderField | undefined;
      if (first >= 0x80) field = this.#known(this.#integer(7));
      else {
        onlyIndexed = false;
        if (first >= 0x20 && first < 0x40) {
          if (fields.length > 0) broken("the table's size is changed within a block");
          this.#resize();
        } else field = this.#literal(first);
      }
      if (!field) continue;
      size += field.size;
      if (size <= this.#maxListBytes) fields.push(field);
    }
    if (size > this.#maxListBytes) this.tooLargeBytes = size;
    if (!onlyIndexed) this.#lastLength = 0;
    else if (block.length <= REMEMBERED_BYTES && size <= this.#maxListBytes) this.#remember(block, fields);
    return fields;
  }

  #isLast(block: Uint8Array): boolean {
    const length = this.#lastLength;
    if (length === 0 || block.length !== length) return false;
    for (let at = 0; at < length; at++) if (block[at] !== this.#lastBlock[at]) return false;
    return true;
  }

  #remember(block: Uint8Array, fields: readonly HeaderField[]): void {
    this.#lastBlock.set(block);
    this.#lastLength = block.length;
    this.#lastFields = fields;
  }

  /** Indexed name or a name of its own, and a value; 01 is remembered, 0000 and 0001 are not. */
  #literal(first: number): HeaderField {
    const isRemembered = first >= 0x40;
    const index = this.#integer(isRemembered ? 6 : 4);
    const name = index === 0 ? this.#text() : this.#known(index).name;
    const field = headerField(name, this.#text());
    if (isRemembered) this.#table.add(field);
    return field;
  }

  #resize(): void {
    const size = this.#integer(5);
    if (size > this.#tableBytes) broken(`a table of ${size} bytes was asked for`);
    this.#table.resize(size);
  }

  #known(index: number): HeaderField {
    return this.#table.at(index) ?? broken(`nothing has the index ${index}`);
  }

  #text(): string {
    const isHuffman = (this.#bytes[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) broken("a string reaches past the end");
    if (isHuffman)
      return huffmanText(this.#bytes, from, this.#at) ?? broken("a string is not in Huffman's code");
    const { buffer, byteOffset } = this.#bytes;
    return Buffer.from(buffer, byteOffset + from, length).toString("latin1");
  }

  #integer(prefixBits: number): number {
    if (this.#at >= this.#bytes.length) broken("a number is cut off");
    const max = 2 ** prefixBits - 1;
    let value = (this.#bytes[this.#at++] ?? 0) & max;
    if (value < max) return value;
    for (let count = 0; count < MAX_INTEGER_BYTES; count++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 128 ** count;
      if (byte < 0x80) return value;
    }
    return broken("a number is cut off or too large");
  }
}

function broken(reason: string): never {
  throw new ConnectionError(COMPRESSION_ERROR, `the headers cannot be read: ${reason}`);
}
