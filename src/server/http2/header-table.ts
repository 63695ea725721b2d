// HPACK's table of what was sent before: the newest has the lowest index, the oldest makes room.
// Source: RFC 7541, 2.3.2, 4.
import type { HeaderField } from "./header-field.ts";
import { STATIC_TABLE } from "./static-table.ts";

export const STATIC_ENTRIES: number = STATIC_TABLE.length - 1;

export class HeaderTable {
  /** Oldest first, from #first on. */
  #entries: HeaderField[] = [];
  #first = 0;
  #size = 0;
  #maxSize: number;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** The field of an index, static or not; undefined if there is none. */
  at(index: number): HeaderField | undefined {
    if (index <= STATIC_ENTRIES) return STATIC_TABLE[index];
    const place = this.#entries.length - (index - STATIC_ENTRIES);
    return place >= this.#first ? this.#entries[place] : undefined;
  }

  /** Remembers a field; one that is too large empties the table, and that is all. */
  add(field: HeaderField): void {
    this.#evict(this.#maxSize - field.size);
    if (field.size > this.#maxSize) return;
    this.#entries.push(field);
    this.#size += field.size;
  }

  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#evict(maxSize);
  }

  #evict(maxSize: number): void {
    while (this.#size > maxSize && this.#first < this.#entries.length) {
      this.#size -= this.#entries[this.#first++]?.size ?? 0;
    }
    // Moving up what is left costs as little as the entries that went.
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }
}
