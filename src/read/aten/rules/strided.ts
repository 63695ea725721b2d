// Views by strides: element (i, j, ...) is element offset + i * strides[0] + j * strides[1] + ... of the memory.
// The tensor must be the whole of its memory, in order; functionalising makes sure of that.
import { int } from "../../../graph/attribute.ts";
import { productOf, sameDim } from "../../../graph/dim.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";
import { isContiguous } from "../views.ts";

export const AS_STRIDED: Rule = {
  targets: ["aten::as_strided.default", "aten::as_strided_copy.default"],
  emit(call) {
    const shape = call.shape("self");
    if (isReshape(call)) return call.reshape(call.tensor("self"), shape, call.dims("size"));
    const flat = call.reshape(call.tensor("self"), shape, [productOf(shape)]);
    return call.op("Gather", [flat, call.table("int64", call.ints("size"), places(call))], { axis: int(0) });
  },
};

export const AS_STRIDED_SCATTER: Rule = {
  targets: ["aten::as_strided_scatter.default"],
  emit(call) {
    const shape = call.shape("self");
    const { dtype } = call.type("self");
    const flat = call.reshape(call.tensor("self"), shape, [productOf(shape)]);
    const at = places(call);
    const source = call.reshape(call.as("src", dtype), call.shape("src"), [at.length]);
    const written = call.op("ScatterElements", [flat, call.builder.int64s(at), source], { axis: int(0) });
    return call.reshape(written, [productOf(shape)], shape);
  },
};

/** The same elements in the same order: then sizes may be symbolic. */
function isReshape(call: Call): boolean {
  const [sizes, shape] = [call.dims("size"), call.shape("self")];
  const fromStart = call.argument("storage_offset").kind === "none" || call.dim("storage_offset") === 0;
  const same = sameDim(productOf(sizes), productOf(shape));
  return fromStart && same && isContiguous(sizes, call.dims("stride")) && selfInOrder(call);
}

function selfInOrder(call: Call): boolean {
  const strides = call.strides("self");
  return !strides || isContiguous(call.shape("self"), strides);
}

/** The flat place of each element of the view, row-major. */
function places(call: Call): number[] {
  const shape = call.shape("self");
  if (!selfInOrder(call)) {
    throw new Refusal("it sees a tensor by strides whose elements are not in order in memory");
  }
  const [sizes, steps] = [call.ints("size"), call.ints("stride")];
  const offset = call.optionalInt("storage_offset") ?? 0;
  const found = sizes.reduce<number[]>(
    (all, size, axis) =>
      all.flatMap((place) => Array.from({ length: size }, (_, at) => place + at * (steps[axis] ?? 0))),
    [offset],
  );
  const count = productOf(shape);
  if (typeof count === "number" && found.some((place) => place >= count))
    throw new Refusal("it sees memory beyond the tensor");
  return found;
}
