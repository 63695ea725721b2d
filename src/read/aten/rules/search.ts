// Places of values among sorted boundaries, membership, and distinct values.
import { int } from "../../../graph/attribute.ts";
import { productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { isFloat } from "../../../tensor/dtype.ts";
import type { Call } from "../call.ts";
import { arithmeticDType } from "../kernel-dtype.ts";
import { promote } from "../promote.ts";
import type { Rule } from "../rule.ts";

/** How many boundaries lie below each value (at or below it, if `right`). */
export const BUCKETIZE: Rule = {
  targets: ["bucketize", "searchsorted"].flatMap((name) => [`aten::${name}.Tensor`, `aten::${name}.Scalar`]),
  emit(call) {
    const bucketize = call.name === "bucketize";
    const [sorted, values] = bucketize ? ["boundaries", "self"] : ["sorted_sequence", "self"];
    const dtype = arithmeticDType(promote([call.operand(sorted as string), call.operand(values as string)]));
    const right = call.bool("right") || (call.has("side") && call.string("side") === "right");
    const rank = call.argument("self").kind === "tensor" ? call.rank("self") : 0;
    const bounds = call.as(sorted as string, dtype);
    const each = call.rank(sorted as string) > 1 ? call.unsqueeze(bounds, rank - 1) : bounds;
    const value = call.unsqueeze(call.as("self", dtype), rank);
    const reached = call.op(right ? "LessOrEqual" : "Less", [each, value]);
    // A NaN has all boundaries below it.
    const below = isFloat(dtype) ? call.op("Or", [reached, call.op("IsNaN", [value])]) : reached;
    return call.cast(
      call.reduce("ReduceSum", call.cast(below, "bool", "int64"), [rank], false),
      "int64",
      call.result().dtype,
    );
  },
};

/** Whether each element is among the others. */
export const IS_IN: Rule = {
  targets: ["Tensor_Tensor", "Tensor_Scalar", "Scalar_Tensor"].map((overload) => `aten::isin.${overload}`),
  emit(call) {
    const [name, other] = [
      call.target.endsWith("Scalar_Tensor") ? "element" : "elements",
      call.target.endsWith("Tensor_Scalar") ? "test_element" : "test_elements",
    ];
    const dtype = arithmeticDType(promote([call.operand(name), call.operand(other)]));
    const shapeOf = (operand: string) =>
      call.argument(operand).kind === "tensor" ? call.shape(operand) : [];
    const others = call.reshape(call.as(other, dtype), shapeOf(other), [productOf(shapeOf(other))]);
    const rank = shapeOf(name).length;
    const same = call.op("Equal", [call.unsqueeze(call.as(name, dtype), rank), others]);
    const counts = call.reduce("ReduceSum", call.cast(same, "bool", "int32"), [rank], false);
    const found = call.op("Greater", [counts, call.number(0, "int32")]);
    return call.bool("invert") ? call.op("Not", [found]) : found;
  },
};

/** Distinct values sorted, the place of each element among them, and how often they occur. */
export const UNIQUE: Rule = {
  targets: ["aten::_unique2.default", "aten::_unique.default"],
  emit(call) {
    const shape = call.shape("self");
    const outputs = call.builder.emitAll("Unique", [call.tensor("self")], { sorted: int(1) }, { outputs: 4 });
    const [values, , inverse, counts] = outputs as [Value, Value, Value, Value]; // four were asked for
    const places = () => call.reshape(inverse, [productOf(shape)], shape);
    return [
      values,
      ifAsked(call, 1, "return_inverse", places),
      ifAsked(call, 2, "return_counts", () => counts),
    ];
  },
};

export const UNIQUE_ALONG: Rule = {
  targets: ["aten::unique_dim.default"],
  emit(call) {
    const attributes = { sorted: int(1), axis: int(call.axis("dim", call.rank("self"))) };
    const outputs = call.builder.emitAll("Unique", [call.tensor("self")], attributes, { outputs: 4 });
    const [values, , inverse, counts] = outputs as [Value, Value, Value, Value]; // four were asked for
    return [
      values,
      ifAsked(call, 1, "return_inverse", () => inverse),
      ifAsked(call, 2, "return_counts", () => counts),
    ];
  },
};

/** As unique, but only equal neighbours are one. */
export const UNIQUE_NEIGHBOURS: Rule = {
  targets: ["aten::unique_consecutive.default"],
  limits: "along an axis only of vectors",
  refuse: (call) =>
    call.has("dim") && call.rank("self") !== 1 ? "along an axis it is not supported" : undefined,
  emit(call) {
    const shape = call.shape("self");
    const flat = call.reshape(call.tensor("self"), shape, [productOf(shape)]);
    const changes = call.op("Not", [
      call.op("Equal", [call.slice(flat, 0, 1, 2 ** 63), call.slice(flat, 0, 0, -1)]),
    ]);
    const begins = call.op("Concat", [first(call, flat), changes], { axis: int(0) });
    const group = call.op("Sub", [
      call.op("CumSum", [call.cast(begins, "bool", "int64"), call.builder.int64(0)]),
      call.number(1, "int64"),
    ]);
    const values = call.op("Compress", [flat, begins], { axis: int(0) });
    const counts = () =>
      call.builder.emitAll("Unique", [group], { sorted: int(1) }, { outputs: 4 })[3] as Value; // the fourth of four
    const places = () => call.reshape(group, [productOf(shape)], shape);
    return [values, ifAsked(call, 1, "return_inverse", places), ifAsked(call, 2, "return_counts", counts)];
  },
};

/** true for the first element, if there is one. */
function first(call: Call, flat: Value): Value {
  const head = call.slice(flat, 0, 0, 1);
  const same = call.op("Equal", [head, head]);
  return call.op("Or", [same, call.op("Not", [same])]);
}

/** A result that the call may not have asked for: PyTorch gives an empty tensor then. */
function ifAsked(call: Call, index: number, flag: string, make: () => Value): Value | undefined {
  if (!call.wants(index)) return undefined;
  return call.bool(flag) ? make() : call.builder.int64s([]);
}
