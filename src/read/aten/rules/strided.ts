// Views by strides: element (i, j, ...) is element offset + i * strides[0] + j * strides[1] + ... of the memory.
// The tensor must be the whole of its memory, its axes in any order; functionalising makes sure of the first.

import { int } from "../../../graph/attribute.ts";
import { type Dim, productOf, sameDim } from "../../../graph/dim.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { isContiguous, memoryOrder } from "../memory-order.ts";
import type { Rule } from "../rule.ts";

export const AS_STRIDED: Rule = {
  targets: ["aten::as_strided.default", "aten::as_strided_copy.default"],
  emit(call) {
    const order = orderOf(call);
    const ordered = call.transpose(call.tensor("self"), order);
    const shape = inOrder(call.shape("self"), order);
    if (isReshape(call)) return call.reshape(ordered, shape, call.dims("size"));
    const flat = call.reshape(ordered, shape, [productOf(shape)]);
    return call.op("Gather", [flat, call.table("int64", call.ints("size"), places(call))], { axis: int(0) });
  },
};

export const AS_STRIDED_SCATTER: Rule = {
  targets: ["aten::as_strided_scatter.default"],
  emit(call) {
    const order = orderOf(call);
    const { dtype } = call.type("self");
    const shape = inOrder(call.shape("self"), order);
    if (isReshape(call)) {
      const whole = call.reshape(call.as("src", dtype), call.shape("src"), shape);
      return call.transpose(whole, inverse(order));
    }
    const flat = call.reshape(call.transpose(call.tensor("self"), order), shape, [productOf(shape)]);
    const at = places(call);
    if (new Set(at).size < at.length)
      throw new Refusal("it writes into a view by strides whose elements share memory");
    const source = call.reshape(call.as("src", dtype), call.shape("src"), [at.length]);
    const written = call.op("ScatterElements", [flat, call.builder.int64s(at), source], { axis: int(0) });
    const back = call.reshape(written, [productOf(shape)], shape);
    return call.transpose(back, inverse(order));
  },
};

/** The same elements in the order of memory: then sizes may be symbolic. */
function isReshape(call: Call): boolean {
  const sizes = call.dims("size");
  const fromStart = call.argument("storage_offset").kind === "none" || call.dim("storage_offset") === 0;
  const same = sameDim(productOf(sizes), productOf(call.shape("self")));
  return fromStart && same && isContiguous(sizes, call.dims("stride"));
}

/** The tensor's axes in the order in which memory has them. */
function orderOf(call: Call): number[] {
  const strides = call.strides("self");
  const order = strides && memoryOrder(call.shape("self"), strides);
  if (order) return order;
  throw new Refusal(
    strides
      ? "it sees a tensor by strides that is a part of a larger one in memory, or has elements that share memory"
      : "it sees a tensor by strides of which the file does not tell how it lies in memory",
  );
}

function inOrder(shape: readonly Dim[], order: readonly number[]): Dim[] {
  return order.map((axis) => shape[axis] ?? 1);
}

function inverse(order: readonly number[]): number[] {
  return order.map((_, axis) => order.indexOf(axis));
}

/** The flat place of each element of the view, row-major. */
function places(call: Call): number[] {
  const [sizes, steps] = [call.ints("size"), call.ints("stride")];
  const offset = call.optionalInt("storage_offset") ?? 0;
  const found = sizes.reduce<number[]>(
    (all, size, axis) =>
      all.flatMap((place) => Array.from({ length: size }, (_, at) => place + at * (steps[axis] ?? 0))),
    [offset],
  );
  const count = productOf(call.shape("self"));
  if (typeof count === "number" && found.some((place) => place >= count))
    throw new Refusal("it sees memory beyond the tensor");
  return found;
}
