// Running sums and what can be made from them.
import { int } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Call } from "../call.ts";
import { arithmeticDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";

export const CUMULATIVE_SUM: Rule = {
  targets: ["aten::cumsum.default"],
  emit(call) {
    const { dtype } = call.result();
    const computed = arithmeticDType(dtype);
    const x = call.as("self", computed);
    const rank = call.rank("self");
    if (rank === 0) return call.cast(x, computed, dtype);
    return call.cast(call.op("CumSum", [x, call.builder.int64(call.axis("dim", rank))]), computed, dtype);
  },
};

/** Differences of neighbours, n times. */
export const DIFFERENCE: Rule = {
  targets: ["aten::diff.default"],
  emit(call) {
    const rank = call.rank("self");
    const axis = call.axis("dim", rank);
    const { dtype } = call.result();
    let x = call.as("self", dtype);
    if (call.int("n") === 0) return x;
    const ends = ["prepend", "self", "append"].flatMap((name) =>
      call.has(name) ? [call.as(name, dtype)] : [],
    );
    if (ends.length > 1) x = call.op("Concat", ends, { axis: int(axis) });
    for (let times = call.int("n"); times > 0; times -= 1) x = step(call, x, axis, dtype === "bool");
    return x;
  },
};

function step(call: Call, x: Value, axis: number, logical: boolean): Value {
  const later = call.slice(x, axis, 1, 2 ** 63);
  const earlier = call.slice(x, axis, 0, -1);
  return call.op(logical ? "Xor" : "Sub", [later, earlier]);
}
