// Elements written at places of the flat tensor, and tensors that take another size over the same elements.
import { int, string } from "../../../graph/attribute.ts";
import { productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { movableDType } from "../kernel-dtype.ts";
import { isContiguous } from "../memory-order.ts";
import type { Rule } from "../rule.ts";

export const PUT: Rule = {
  targets: ["aten::put.default"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    const computed = movableDType(dtype);
    const count = productOf(shape);
    const flat = call.reshape(call.as("self", computed), shape, [count]);
    const places = productOf(call.shape("index"));
    const index = call.reshape(call.as("index", "int64"), call.shape("index"), [places]);
    const source = call.reshape(call.as("source", computed), call.shape("source"), [places]);
    const reduction = string(call.bool("accumulate") ? "add" : "none");
    const written = call.op("ScatterElements", [flat, index, source], { axis: int(0), reduction });
    return call.cast(call.reshape(written, [count], shape), computed, dtype);
  },
};

/** The first elements in the new shape. What new elements would hold is not defined. */
export const RESIZE_STORAGE: Rule = {
  targets: ["aten::resize.default", "aten::resize_as.default"],
  emit(call) {
    const shape = call.shape("self");
    const target = call.result().shape;
    const strides = call.strides("self");
    if (strides && !isContiguous(shape, strides))
      throw new Refusal("its elements are not in order in memory");
    const [have, want] = [productOf(shape), productOf(target)];
    const flat = call.reshape(call.tensor("self"), shape, [have]);
    return call.reshape(firstOf(call, flat, have, want), [want], target);
  },
};

function firstOf(call: Call, flat: Value, have: ReturnType<typeof productOf>, want: typeof have): Value {
  if (typeof have !== "number" || typeof want !== "number")
    throw new Refusal(`it resizes ${have} elements to ${want}; fixed numbers are wanted`);
  if (want > have)
    throw new Refusal(`it grows from ${have} elements to ${want}, and what the new ones hold is arbitrary`);
  return want === have ? flat : call.slice(flat, 0, 0, want);
}
