// Products of every element of one matrix with all of another, and matrices side by side on a diagonal.
import { int } from "../../../graph/attribute.ts";
import { type Dim, mulDims } from "../../../graph/dim.ts";
import { fixedSize, Refusal } from "../argument.ts";
import { arithmeticDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";

export const KRONECKER: Rule = {
  targets: ["aten::kron.default"],
  emit(call) {
    const { dtype } = call.result();
    const computed = arithmeticDType(dtype);
    const [a, b] = [call.shape("self"), call.shape("other")];
    const rank = Math.max(a.length, b.length);
    const full = (shape: readonly Dim[]) => [...new Array<Dim>(rank - shape.length).fill(1), ...shape];
    const [left, right] = [full(a), full(b)];
    const product = call.op("Mul", [
      call.reshape(
        call.as("self", computed),
        a,
        left.flatMap((size) => [size, 1]),
      ),
      call.reshape(
        call.as("other", computed),
        b,
        right.flatMap((size) => [1, size]),
      ),
    ]);
    const apart = left.flatMap((size, axis) => [size, right[axis] as Dim]);
    const joined = left.map((size, axis) => mulDims(size, right[axis] as Dim));
    return call.cast(call.reshape(product, apart, joined), computed, dtype);
  },
};

export const BLOCK_DIAGONAL: Rule = {
  targets: ["aten::block_diag.default"],
  emit(call) {
    const { dtype, shape } = call.result();
    const types = call.typesOf("tensors");
    const width = fixedSize(shape[1]);
    let left = 0;
    const rows = call.tensors("tensors").map((value, index) => {
      const type = types[index];
      const own = type?.shape ?? [];
      const [height, columns] = [...new Array<Dim>(2 - own.length).fill(1), ...own] as [Dim, Dim];
      if (typeof columns !== "number")
        throw new Refusal(`a block has ${columns} columns; a fixed number is wanted`);
      const block = call.reshape(call.cast(value, type?.dtype ?? dtype, dtype), own, [height, columns]);
      const pads = call.builder.int64s([0, left, 0, width - left - columns]);
      left += columns;
      return call.op("Pad", [block, pads]);
    });
    return call.op("Concat", rows, { axis: int(0) });
  },
};

/** (a2 b3 - a3 b2, a3 b1 - a1 b3, a1 b2 - a2 b1) along an axis of 3. */
export const CROSS: Rule = {
  targets: ["aten::cross.default", "aten::linalg_cross.default"],
  emit(call) {
    const { dtype, shape } = call.result();
    const computed = arithmeticDType(dtype);
    const rank = shape.length;
    const first = shape.indexOf(3); // without an axis, PyTorch takes the first of size 3
    const axis = call.has("dim") ? call.axis("dim", rank) : first;
    const turned = (name: string, places: readonly number[]) => {
      const own = axis - rank + call.rank(name);
      return call.op("Gather", [call.as(name, computed), call.builder.int64s(places)], { axis: int(own) });
    };
    const [ahead, behind] = [
      [1, 2, 0],
      [2, 0, 1],
    ] as const;
    const product = (a: readonly number[], b: readonly number[]) =>
      call.op("Mul", [turned("self", a), turned("other", b)]);
    const result = call.op("Sub", [product(ahead, behind), product(behind, ahead)]);
    return call.cast(result, computed, dtype);
  },
};
