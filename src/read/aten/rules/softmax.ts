// Softmax and its logarithm along one axis, in the result's dtype.
import { int } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const SOFTMAX: Rule = {
  targets: ["aten::softmax.int", "aten::_softmax.default", "aten::special_softmax.default"],
  emit: (call) => along(call, "Softmax"),
};

/** A row of minus infinities gives 0, not NaN. */
export const SAFE_SOFTMAX: Rule = {
  targets: ["aten::_safe_softmax.default"],
  emit(call) {
    const { dtype } = call.result();
    const weights = along(call, "Softmax");
    const rank = call.rank("self");
    const axes = rank === 0 ? [] : [call.axis("dim", rank)];
    const largest = call.reduce("ReduceMax", call.as("self", dtype), axes, true);
    const blocked = call.op("Equal", [largest, call.number(Number.NEGATIVE_INFINITY, dtype)]);
    return call.op("Where", [blocked, call.number(0, dtype), weights]);
  },
};

export const LOG_SOFTMAX: Rule = {
  targets: ["aten::log_softmax.int", "aten::_log_softmax.default", "aten::special_log_softmax.default"],
  emit: (call) => along(call, "LogSoftmax"),
};

function along(call: Call, op: string): Value {
  const rank = call.rank("self");
  const input = call.as("self", call.result().dtype);
  if (rank === 0) return call.squeeze(call.op(op, [call.unsqueeze(input, 0)], { axis: int(0) }), 0);
  return call.op(op, [input], { axis: int(call.axis("dim", rank)) });
}
