// Powers and roots.
import type { Value } from "../../../graph/graph.ts";
import { isFloat } from "../../../tensor/dtype.ts";
import type { Call } from "../call.ts";
import { arithmeticDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";

export const POWER: Rule = {
  targets: [
    "aten::pow.Tensor_Scalar",
    "aten::pow.Tensor_Tensor",
    "aten::pow.Scalar",
    "aten::float_power.Tensor_Tensor",
    "aten::float_power.Tensor_Scalar",
    "aten::float_power.Scalar",
  ],
  emit(call) {
    const { dtype } = call.result();
    const computed = arithmeticDType(dtype);
    const exponent = call.argument("exponent");
    if (exponent.kind === "int" || exponent.kind === "float") {
      const simple = byMultiplying(call, Number(exponent.value), computed === dtype);
      if (simple) return simple;
    }
    return call.cast(
      call.op("Pow", [call.as("self", computed), call.as("exponent", computed)]),
      computed,
      dtype,
    );
  },
};

/** The commonest exponents without a logarithm. */
function byMultiplying(call: Call, exponent: number, direct: boolean): Value | undefined {
  const { dtype } = call.result();
  if (!direct || call.argument("self").kind !== "tensor") return undefined;
  const x = call.as("self", dtype);
  if (exponent === 1) return x;
  if (exponent === 2) return call.op("Mul", [x, x]);
  if (exponent === 0.5 && isFloat(dtype)) return call.op("Sqrt", [x]);
  return undefined;
}

export const SQUARE: Rule = {
  targets: ["aten::square.default"],
  emit(call) {
    const { dtype } = call.result();
    const computed = arithmeticDType(dtype);
    const x = call.as("self", computed);
    return call.cast(call.op("Mul", [x, x]), computed, dtype);
  },
};

export const RECIPROCAL_ROOT: Rule = {
  targets: ["aten::rsqrt.default"],
  emit: (call) => call.op("Reciprocal", [call.op("Sqrt", [call.as("self", call.result().dtype)])]),
};
