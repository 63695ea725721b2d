// The one instance of the number scanner, which is WebAssembly: its memory, and what it takes and tells.
// It is made when the first number comes, which takes 0.7 milliseconds; a server that gets none never makes it.
// Source: wasm/number-scanner/, whose memory.ts tells the layout.
import { NUMBER_SCANNER_MODULE } from "./number-scanner-module.ts";

/** Reads the text between two addresses; returns where it stopped. */
type ScanFloats = (start: number, end: number) => number;
/** Likewise, for literals from `least` to `most`; an element takes its lowest bits. */
type ScanIntegers = (start: number, end: number, least: number, most: number) => number;

interface Address {
  readonly value: number;
}

interface ScannerExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly INPUT: Address;
  readonly INPUT_BYTES: Address;
  readonly MOST_SCANNED: Address;
  readonly OUTPUT: Address;
  readonly STORED: Address;
  readonly SIZES: Address;
  readonly COUNTS: Address;
  readonly scanFloat32: ScanFloats;
  readonly scanFloat64: ScanFloats;
  readonly scanInt8: ScanIntegers;
  readonly scanInt16: ScanIntegers;
  readonly scanInt32: ScanIntegers;
  readonly scanInt64: ScanIntegers;
}

/** What is used of it; its types come with a browser's, which we do not have. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** So much of what came before the text may stand before it. */
export const GUARD_BYTES = 64;

/** Words of the state, from STORED on. */
const STOPPED = 1;
const DEPTH = 2;
const RANK = 3;
const OUTER = 4;

export class NumberScanner {
  readonly functions: ScannerExports;
  readonly memory: Uint8Array;
  readonly output: number;
  readonly sizes: Int32Array;
  readonly counts: Int32Array;
  /** Place for text, which is scanned where it lies; what is written there holds until the next text is scanned. */
  readonly room: Uint8Array;
  /** Where the text ends that was last asked for. */
  end = 0;
  readonly #state: Int32Array;
  readonly #mostScanned: number;
  /** The text that was copied into the room, if it is still there, and the part of it. */
  #text: Uint8Array | undefined;
  #from = 0;
  #to = 0;

  constructor() {
    const module = new WebAssembly.Module(Buffer.from(NUMBER_SCANNER_MODULE, "base64"));
    // The module is ours; these are its exports.
    const exports = new WebAssembly.Instance(module).exports as ScannerExports;
    const { buffer } = exports.memory;
    const words = ({ value }: Address): Int32Array => new Int32Array(buffer, value, 8);
    this.functions = exports;
    this.memory = new Uint8Array(buffer);
    this.output = exports.OUTPUT.value;
    this.sizes = words(exports.SIZES);
    this.counts = words(exports.COUNTS);
    this.room = new Uint8Array(buffer, exports.INPUT.value, exports.INPUT_BYTES.value);
    this.#mostScanned = exports.MOST_SCANNED.value;
    this.#state = words(exports.STORED);
  }

  get stored(): number {
    return this.#state[0] ?? 0;
  }

  get stopped(): number {
    return this.#state[STOPPED] ?? 0;
  }

  get depth(): number {
    return this.#state[DEPTH] ?? 0;
  }

  setLists(rank: number, outer: number): void {
    this.#state[RANK] = rank;
    this.#state[OUTER] = outer;
  }

  /**
   * The address of `text[position]` in memory, where it is copied with what follows it, unless it is there; `end` is that
   * of its end, or of as much as is scanned at once. With `before`, at most GUARD_BYTES that stand before it, it is their
   * address.
   */
  load(text: Uint8Array, position: number, before: Uint8Array | undefined): number {
    const address = this.#addressOf(text, position);
    if (!before) return address;
    this.memory.set(before, address - before.length);
    return address - before.length;
  }

  #addressOf(text: Uint8Array, position: number): number {
    if (text.buffer === this.memory.buffer) {
      this.end = text.byteOffset + Math.min(text.length, position + this.#mostScanned);
      return text.byteOffset + position;
    }
    const { byteOffset } = this.room;
    if (text !== this.#text || position < this.#from || position >= this.#to) {
      this.#text = text;
      this.#from = position;
      this.#to = Math.min(text.length, position + this.#mostScanned);
      this.memory.set(text.subarray(position, this.#to), byteOffset);
    }
    this.end = byteOffset + this.#to - this.#from;
    return byteOffset + position - this.#from;
  }

  /** Whoever owns the text, or writes into the room, may put other bytes there. */
  forget(): void {
    this.#text = undefined;
  }
}
