// Memory for one tensor after the other and for pieces of it with the axes in another order: memory that is used again
// costs less than new one, and in WebAssembly's a kernel turns four-byte words at four times the speed.
// Layout: the tensor from address 0 on, behind it the piece, for which as much is set aside: untouched, it costs nothing.
// What does not fit, and everything where WebAssembly gets no addresses (a limit on them), is in memory of JavaScript's.
import type { PieceMemory } from "./transpose.ts";
import type { WordTurner } from "./turn-square.ts";
import { TURN_WORDS_MODULE } from "./turn-words-module.ts";

/** What is used of it; its types come with a browser's, which we do not have. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const PAGE_BYTES = 2 ** 16;
/** Of what an address of 32 bits reaches, half for a tensor and half for its pieces. */
const MAX_TENSOR_BYTES = 2 ** 31 - PAGE_BYTES;

export class TurningMemory implements PieceMemory {
  /** Made when the first tensor comes; null where there is none to be had. */
  #turner: WordTurner | null | undefined;
  #pieceAt = 0;
  readonly #tensor = new Scratch();
  readonly #piece = new Scratch();

  get turner(): WordTurner | undefined {
    return this.#turner ?? undefined;
  }

  /** Room for a tensor. What was given before is lost, pieces too. */
  tensor(byteLength: number): Uint8Array {
    const pieceAt = PAGE_BYTES * Math.ceil(byteLength / PAGE_BYTES);
    const buffer = byteLength <= MAX_TENSOR_BYTES ? this.#atLeast(2 * pieceAt) : undefined;
    if (!buffer) return this.#tensor.take(byteLength);
    this.#pieceAt = pieceAt;
    return new Uint8Array(buffer, 0, byteLength);
  }

  /** Room for a piece of the tensor, beside it. */
  piece(byteLength: number): Uint8Array {
    const buffer = this.#turner?.memory.buffer;
    if (!buffer || this.#pieceAt + byteLength > buffer.byteLength) return this.#piece.take(byteLength);
    return new Uint8Array(buffer, this.#pieceAt, byteLength);
  }

  #atLeast(byteLength: number): ArrayBufferLike | undefined {
    if (this.#turner === null) return undefined;
    try {
      this.#turner ??= newTurner();
      const { memory } = this.#turner;
      const missing = byteLength - memory.buffer.byteLength;
      if (missing > 0) memory.grow(missing / PAGE_BYTES);
      return memory.buffer;
    } catch {
      this.#turner = null; // no addresses, or a processor without these instructions
      return undefined;
    }
  }
}

function newTurner(): WordTurner {
  const module = new WebAssembly.Module(Buffer.from(TURN_WORDS_MODULE, "base64"));
  return new WebAssembly.Instance(module).exports as WordTurner; // the module is ours
}

/** Memory of JavaScript's, as much as was ever wanted at once. */
class Scratch {
  #buffer = new Uint8Array(0);

  take(byteLength: number): Uint8Array {
    if (this.#buffer.byteLength < byteLength) this.#buffer = new Uint8Array(byteLength);
    return this.#buffer.subarray(0, byteLength);
  }
}
