// Functions of two operands that ONNX has no operator for.
import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { realOperands } from "../arithmetic.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";
import { angleOf, isNegative, log1p } from "../small-functions.ts";

/** The angle of the point (other, self). */
export const ATAN2: Rule = {
  targets: ["aten::atan2.default", "aten::arctan2.default"],
  emit(call) {
    const [y, x, dtype] = realOperands(call);
    return angleOf(call, y, x, dtype);
  },
};

export const HYPOTENUSE: Rule = {
  targets: ["aten::hypot.default"],
  emit(call) {
    // In float64, where the squares of narrower floats neither overflow nor vanish.
    const { dtype } = call.result();
    const squares = ["self", "other"].map((name) => {
      const side = call.as(name, "float64");
      return call.op("Mul", [side, side]);
    });
    return call.cast(call.op("Sqrt", [call.op("Add", squares)]), "float64", dtype);
  },
};

/** |self| with the sign of other, minus zero's too. */
export const COPY_SIGN: Rule = {
  targets: ["aten::copysign.Tensor", "aten::copysign.Scalar"],
  emit(call) {
    const [a, b, dtype] = realOperands(call);
    const size = call.op("Abs", [a]);
    const below = isNegative(call, b, dtype);
    return call.op("Where", [below, call.op("Neg", [size]), size]);
  },
};

/** 0 below zero, 1 above, `values` at zero. */
export const HEAVISIDE: Rule = {
  targets: ["aten::heaviside.default"],
  limits: "not of booleans",
  refuse: (call) => (call.dtypeOf("self") === "bool" ? "it is not supported for booleans" : undefined),
  emit(call) {
    const { dtype } = call.result();
    const x = call.as("self", dtype);
    const zero = call.number(0, dtype);
    const side = call.op("Where", [call.op("Greater", [x, zero]), call.number(1, dtype), zero]);
    return call.op("Where", [call.op("Equal", [x, zero]), call.as("values", dtype), side]);
  },
};

/** self * log(other), 0 where self is 0, NaN where other is. */
export const X_LOG_Y: Rule = {
  targets: [
    ...["Tensor", "Scalar_Self", "Scalar_Other"].map((overload) => `aten::xlogy.${overload}`),
    ...["default", "self_scalar", "other_scalar"].map((overload) => `aten::special_xlogy.${overload}`),
  ],
  emit(call) {
    const [x, y, dtype] = realOperands(call);
    const product = call.op("Mul", [x, call.op("Log", [y])]);
    const nothing = call.op("And", [
      call.op("Equal", [x, call.number(0, dtype)]),
      call.op("Not", [call.op("IsNaN", [y])]),
    ]);
    return call.op("Where", [nothing, call.number(0, dtype), product]);
  },
};

/** self * log(1 + other), 0 where self is 0, NaN where other is. */
export const X_LOG_1_Y: Rule = {
  targets: ["", ".other_scalar", ".self_scalar"].map(
    (overload) => `aten::special_xlog1py${overload || ".default"}`,
  ),
  emit(call) {
    const [x, y, dtype] = realOperands(call);
    const product = call.op("Mul", [x, log1p(call, y, dtype)]);
    const nothing = call.op("And", [
      call.op("Equal", [x, call.number(0, dtype)]),
      call.op("Not", [call.op("IsNaN", [y])]),
    ]);
    return call.op("Where", [nothing, call.number(0, dtype), product]);
  },
};

/** log(exp(a) + exp(b)), or the same to base 2 */
export const LOG_ADD_EXP: Rule = {
  targets: ["aten::logaddexp.default", "aten::logaddexp2.default"],
  emit(call) {
    const [a, b, dtype] = realOperands(call);
    const scale = call.name === "logaddexp2" ? Math.LN2 : 1;
    const larger = call.op("Max", [a, b]);
    const gap = call.op("Neg", [call.op("Abs", [call.op("Sub", [a, b])])]);
    const base = (value: Value) => (scale === 1 ? value : call.op("Mul", [value, call.number(scale, dtype)]));
    const rest = log1p(call, call.op("Exp", [base(gap)]), dtype);
    const sum = call.op("Add", [
      larger,
      scale === 1 ? rest : call.op("Div", [rest, call.number(scale, dtype)]),
    ]);
    return call.op("Where", [call.op("Equal", [a, b]), equalCase(call, a, dtype, scale), sum]);
  },
};

/** Two equal operands, infinite ones too. */
function equalCase(call: Call, a: Value, dtype: DType, scale: number): Value {
  return call.op("Add", [a, call.number(Math.LN2 / scale, dtype)]);
}

/** self * 2^other */
export const LDEXP: Rule = {
  targets: ["aten::ldexp.Tensor"],
  emit(call) {
    const [a, b, dtype] = realOperands(call);
    return call.op("Mul", [a, call.op("Pow", [call.number(2, dtype), b])]);
  },
};

/** self + weight * (end - self) */
export const LERP: Rule = {
  targets: ["aten::lerp.Scalar", "aten::lerp.Tensor"],
  emit(call) {
    const { dtype } = call.result();
    const [a, b] = [call.as("self", dtype), call.as("end", dtype)];
    return call.op("Add", [a, call.op("Mul", [call.as("weight", dtype), call.op("Sub", [b, a])])]);
  },
};

/** self + value * tensor1 * tensor2, or with their quotient */
export const ADD_PRODUCT: Rule = {
  targets: ["aten::addcmul.default", "aten::addcdiv.default"],
  emit(call) {
    const { dtype } = call.result();
    const op = call.name === "addcmul" ? "Mul" : "Div";
    const product = call.op(op, [call.as("tensor1", dtype), call.as("tensor2", dtype)]);
    const scaled =
      call.scalar("value").value === 1 ? product : call.op("Mul", [product, call.as("value", dtype)]);
    return call.op("Add", [call.as("self", dtype), scaled]);
  },
};
