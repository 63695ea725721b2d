// Which tensors are the same bytes: views of one tensor under other shapes, and equal permutations of one tensor.

import { BYTES_PER_ELEMENT } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { permuteBytes } from "../tensor/transpose.ts";

/** The tensor whose bytes these are, under the shape they were read or computed in. */
export function viewed(tensor: Tensor): Tensor {
  return tensor.reshapeOf ? viewed(tensor.reshapeOf) : tensor;
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

  read(tensor: Tensor): Uint8Array {
    const own = viewed(tensor);
    const moved = own.transposeOf;
    if (moved) {
      return permuteBytes(this.read(moved.base), BYTES_PER_ELEMENT[own.dtype], moved.base.shape, moved.perm);
    }
    if (own !== this.tensor) {
      this.bytes = own.read();
      this.tensor = own;
    }
    return this.bytes;
  }
}
