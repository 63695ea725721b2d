// Which tensors are the same bytes: views of one tensor under other shapes, and equal permutations of one tensor. And
// reading them for a file, in memory that is used again: fresh memory costs more than the reading.
import { BYTES_PER_ELEMENT } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { permuteBytes, permutedPieces } from "../tensor/transpose.ts";
import { TurningMemory } from "../tensor/turning-memory.ts";

/** What is read at once of a tensor that needs not be in memory as a whole; it stays in a core's own cache. */
const PIECE_BYTES = 512 * 1024;

/** The tensor whose bytes these are, under the shape they were read or computed in. */
export function viewed(tensor: Tensor): Tensor {
  return tensor.reshapeOf ? viewed(tensor.reshapeOf) : tensor;
}

/** The tensor that is read to make this one. */
export function originOf(tensor: Tensor): Tensor {
  const base = tensor.reshapeOf ?? tensor.transposeOf?.base;
  return base ? originOf(base) : tensor;
}

/** Tells storages apart: equal keys mean equal bytes. */
export class StorageKeys {
  private readonly numbers = new Map<Tensor, number>();

  keyOf(tensor: Tensor): string {
    const own = viewed(tensor);
    const moved = own.transposeOf;
    if (!moved) return `#${this.numberOf(own)}`;
    return `${this.keyOf(moved.base)}[${moved.base.shape}](${moved.perm})`;
  }

  private numberOf(tensor: Tensor): number {
    const number = this.numbers.get(tensor) ?? this.numbers.size;
    this.numbers.set(tensor, number);
    return number;
  }
}

/** Reads tensors and keeps the last one that was read, so that a weight and its permutations cost one read. */
export class StorageReader {
  private tensor: Tensor | undefined;
  private bytes: Uint8Array = new Uint8Array(0);
  private readonly memory = new TurningMemory();

  /** The contents in order. What is given is overwritten by what is asked for next; `next` is the tensor after this one. */
  *pieces(tensor: Tensor, next: Tensor | undefined): Generator<Uint8Array> {
    const own = viewed(tensor);
    if (own.transposeOf) {
      const { base, perm } = own.transposeOf;
      const bytes = this.read(base);
      yield* permutedPieces(bytes, BYTES_PER_ELEMENT[own.dtype], base.shape, perm, PIECE_BYTES, this.memory);
      return;
    }
    const isKept = next !== undefined && originOf(next) === own;
    if (!own.readInto || own === this.tensor || isKept) {
      yield this.read(tensor);
      return;
    }
    this.tensor = undefined;
    const piece = this.memory.tensor(Math.min(PIECE_BYTES, own.byteLength));
    for (let from = 0; from < own.byteLength; from += piece.byteLength) {
      const target = piece.subarray(0, own.byteLength - from);
      own.readInto(target, from);
      yield target;
    }
  }

  private read(tensor: Tensor): Uint8Array {
    const own = viewed(tensor);
    const moved = own.transposeOf;
    if (moved) {
      const width = BYTES_PER_ELEMENT[own.dtype];
      return permuteBytes(this.read(moved.base), width, moved.base.shape, moved.perm);
    }
    if (own !== this.tensor) {
      this.bytes = own.readInto ? this.memory.tensor(own.byteLength) : own.read();
      own.readInto?.(this.bytes, 0);
      this.tensor = own;
    }
    return this.bytes;
  }
}
