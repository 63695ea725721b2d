// The commonest element of each row, the smallest of several, and the last place where it stands.
// Method: each element's number of equals in its row; among those with the most, the smallest.
import { int } from "../../../graph/attribute.ts";
import type { Call } from "../call.ts";
import { arithmeticDType } from "../kernel-dtype.ts";
import { keepsAxes } from "../reduction.ts";
import type { Rule } from "../rule.ts";

export const MODE: Rule = {
  targets: ["aten::mode.default"],
  limits: "the size of the rows is fixed",
  refuse(call) {
    const shape = call.shape("self");
    const size = shape[call.axis("dim", shape.length)] ?? 1;
    return typeof size === "number" ? undefined : `it counts within rows of ${size}; a fixed size is wanted`;
  },
  emit(call) {
    const { dtype, shape } = call.type("self");
    if (shape.length === 0) return [call.tensor("self"), call.builder.int64(0)];
    const computed = arithmeticDType(dtype);
    const axis = call.axis("dim", shape.length);
    const rest = [...shape.keys()].filter((at) => at !== axis);
    const rows = call.transpose(call.as("self", computed), [...rest, axis]);
    const last = shape.length - 1;
    const same = call.op("Equal", [call.unsqueeze(rows, last + 1), call.unsqueeze(rows, last)]);
    const equals = call.reduce("ReduceSum", call.cast(same, "bool", "int32"), [last + 1], false);
    const most = call.op("Equal", [equals, call.reduce("ReduceMax", equals, [last], true)]);
    // The smallest of the commonest, in the order that sorting gives.
    const attributes = { axis: int(-1), largest: int(0), sorted: int(1) };
    const size = Number(shape[axis]);
    const [sorted, places] = call.builder.emitAll("TopK", [rows, call.builder.int64s([size])], attributes, {
      outputs: 2,
    });
    const common = call.op("GatherElements", [call.cast(most, "bool", "int32"), places], { axis: int(-1) });
    const first = call.op("ArgMax", [common], { axis: int(-1), keepdims: int(1) });
    const value = call.op("GatherElements", [sorted, first], { axis: int(-1) });
    const hits = call.cast(call.op("Equal", [rows, value]), "bool", "int32");
    const place = call.op("ArgMax", [hits], { axis: int(-1), keepdims: int(1), select_last_index: int(1) });
    return [call.cast(placed(call, value, axis), computed, dtype), placed(call, place, axis)];
  },
};

/** [rest..., 1] as the result of a reduction. */
function placed(call: Call, value: Parameters<Call["squeeze"]>[0], axis: number) {
  const rank = call.rank("self");
  if (!keepsAxes(call)) return call.squeeze(value, rank - 1);
  const perm = [...new Array<number>(rank - 1).keys()];
  perm.splice(axis, 0, rank - 1);
  return call.transpose(value, perm);
}
