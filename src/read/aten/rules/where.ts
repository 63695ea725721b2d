// Choices between elements by a mask, and larger or smaller of two.
import type { Value } from "../../../graph/graph.ts";
import { isFloat } from "../../../tensor/dtype.ts";
import { arithmetic } from "../arithmetic.ts";
import type { Call } from "../call.ts";
import { arithmeticDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";

export const WHERE: Rule = {
  targets: ["self", "ScalarOther", "ScalarSelf", "Scalar"].map((overload) => `aten::where.${overload}`),
  emit(call) {
    const { dtype } = call.result();
    const computed = dtype === "bool" ? dtype : arithmeticDType(dtype);
    const chosen = call.choose(
      call.as("condition", "bool"),
      call.as("self", computed),
      call.as("other", computed),
      computed,
    );
    return call.cast(chosen, computed, dtype);
  },
};

export const MASKED_FILL: Rule = {
  targets: ["aten::masked_fill.Scalar", "aten::masked_fill.Tensor"],
  emit(call) {
    const { dtype } = call.result();
    const computed = dtype === "bool" ? dtype : arithmeticDType(dtype);
    const chosen = call.choose(
      call.tensor("mask"),
      call.as("value", computed),
      call.as("self", computed),
      computed,
    );
    return call.cast(chosen, computed, dtype);
  },
};

const EXTREMES: Readonly<Record<string, string>> = {
  "maximum.default": "Max",
  "minimum.default": "Min",
  "max.other": "Max",
  "min.other": "Min",
};

/** A NaN in either operand is the result; ONNX Runtime does the same. */
export const EXTREME: Rule = {
  targets: Object.keys(EXTREMES).map((name) => `aten::${name}`),
  emit: (call) => arithmetic(call, EXTREMES[call.target.slice(6)] as string), // it has the target
};

/** As above, but a NaN loses against a number. */
export const EXTREME_IGNORING_NAN: Rule = {
  targets: ["aten::fmax.default", "aten::fmin.default"],
  emit(call) {
    const { dtype } = call.result();
    const chosen = arithmetic(call, call.name === "fmax" ? "Max" : "Min");
    if (!isFloat(dtype)) return chosen;
    const [a, b] = [call.as("self", dtype), call.as("other", dtype)];
    const orA = call.op("Where", [missing(call, b), a, chosen]);
    return call.op("Where", [missing(call, a), b, orA]);
  },
};

function missing(call: Call, value: Value): Value {
  return call.op("IsNaN", [value]);
}
