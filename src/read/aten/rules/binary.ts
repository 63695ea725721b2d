// Arithmetic of two operands that is one ONNX operator: operands are promoted, the result has the declared dtype.
import type { Value } from "../../../graph/graph.ts";
import { type DType, isComplex } from "../../../tensor/dtype.ts";
import { type Facts, Refusal } from "../argument.ts";
import { arithmetic, operandDType } from "../arithmetic.ts";
import type { Call } from "../call.ts";
import { complexOperand, complexProduct } from "../complex-pair.ts";
import type { Rule } from "../rule.ts";

const both = (name: string) => [`aten::${name}.Tensor`, `aten::${name}.Scalar`];

export const ADD: Rule = { targets: both("add"), complex: true, emit: (call) => sum(call, "Add") };
export const SUBTRACT: Rule = {
  targets: [...both("sub"), ...both("subtract")],
  complex: true,
  emit: (call) => sum(call, "Sub"),
};

export const REVERSE_SUBTRACT: Rule = {
  targets: both("rsub"),
  emit(call) {
    const dtype = operandDType(call);
    const difference = call.op("Sub", [call.as("other", dtype), scaled(call, "self", dtype)]);
    return call.cast(difference, dtype, call.result().dtype);
  },
};

export const MULTIPLY: Rule = {
  targets: [...both("mul"), ...both("multiply")],
  complex: true,
  emit(call) {
    const { dtype } = call.result();
    if (isComplex(dtype))
      return complexProduct(call, complexOperand(call, "self", dtype), complexOperand(call, "other", dtype));
    if (call.result().dtype === "bool")
      return call.op("And", [call.as("self", "bool"), call.as("other", "bool")]);
    return arithmetic(call, "Mul");
  },
};

/** self + alpha * other, or self - alpha * other; on bools `or`. */
function sum(call: Call, op: "Add" | "Sub"): Value {
  const declared = call.result().dtype;
  if (isComplex(declared)) {
    if (!isOne(call)) throw new Refusal("alpha is not supported for complex numbers");
    return call.op(op, [complexOperand(call, "self", declared), complexOperand(call, "other", declared)]);
  }
  if (call.result().dtype === "bool" && call.operand("self").dtype === "bool") {
    return call.op("Or", [call.as("self", "bool"), call.as("other", "bool")]);
  }
  const dtype = operandDType(call);
  const result = call.op(op, [call.as("self", dtype), scaled(call, "other", dtype)]);
  return call.cast(result, dtype, call.result().dtype);
}

/** An operand times `alpha`. */
function scaled(call: Call, name: string, dtype: DType): Value {
  const value = call.as(name, dtype);
  if (isOne(call)) return value;
  return call.op("Mul", [value, call.as("alpha", dtype)]);
}

function isOne(call: Facts): boolean {
  const alpha = call.scalar("alpha");
  return alpha.value === 1;
}
