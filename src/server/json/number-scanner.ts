// The one instance of the number scanner, which is WebAssembly: its memory, and what it takes and tells.
// It is made when the first number comes, which takes 0.7 milliseconds; a server that gets none never makes it.
// Source: wasm/number-scanner/, whose memory.ts tells the layout.
import { NUMBER_SCANNER_MODULE } from "./number-scanner-module.ts";

/** Reads from an address in the text on; returns where it stopped. */
type ScanFloats = (start: number) => number;
/** Likewise, for literals from `least` to `most`; an element takes its lowest bits. */
type ScanIntegers = (start: number, least: number, most: number) => number;

interface Address {
  readonly value: number;
}

interface ScannerExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly INPUT: Address;
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

/** Bytes of text that it takes at a time. */
const MAX_TEXT_BYTES = 96 * 1024;
/** So many zeros have to stand behind the text; as much of what came before it may stand before it. */
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
  readonly #input: number;
  readonly #state: Int32Array;
  /** The text that is in memory, if it still is, and the part of it. */
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
    this.#input = exports.INPUT.value;
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
   * The address of `text[position]`, which is copied into memory, with what follows it, unless it is there. With `before`,
   * at most GUARD_BYTES that stand before it, it is their address.
   */
  load(text: Uint8Array, position: number, before: Uint8Array | undefined): number {
    if (text !== this.#text || position < this.#from || position >= this.#to) {
      this.#text = text;
      this.#from = position;
      this.#to = Math.min(text.length, position + MAX_TEXT_BYTES);
      this.memory.set(text.subarray(position, this.#to), this.#input);
      const end = this.#input + this.#to - position;
      this.memory.fill(0, end, end + GUARD_BYTES);
    }
    const address = this.#input + position - this.#from;
    if (!before) return address;
    this.memory.set(before, address - before.length);
    return address - before.length;
  }

  /** Whoever owns the text may write other bytes into it. */
  forget(): void {
    this.#text = undefined;
  }
}
