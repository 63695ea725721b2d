// A window over a source that follows a scan: small fields are read from memory, large ones are stepped over.
import type { ByteSource } from "../../core/byte-source.ts";

/** Large enough for some hundred nodes, small enough that stepping over a weight wastes little. */
const WINDOW_BYTES = 32_768;

export class Window {
  private readonly source: ByteSource;
  private start = 0;
  private view: Uint8Array = new Uint8Array(0);

  constructor(source: ByteSource) {
    this.source = source;
  }

  /** The byte at `offset`, which must lie in the source. */
  byte(offset: number): number {
    const byte = this.view[offset - this.start];
    if (byte !== undefined) return byte;
    this.start = offset;
    this.view = this.source.read(offset, Math.min(WINDOW_BYTES, this.source.size - offset));
    return this.view[0] as number; // `offset` lies in the source
  }

  /** The bytes in [start, end), as memory that outlives the window. */
  bytes(start: number, end: number): Uint8Array {
    const from = start - this.start;
    if (from >= 0 && end - this.start <= this.view.byteLength)
      return this.view.subarray(from, end - this.start);
    return this.source.read(start, end - start);
  }
}
