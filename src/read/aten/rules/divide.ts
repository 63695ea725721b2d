// Division, its rounded forms and remainders. Rounding "floor" is Python's //, "trunc" is C's.
import { int } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import { type DType, isComplex, isFloat } from "../../../tensor/dtype.ts";
import { operands, realOperands } from "../arithmetic.ts";
import { type Call, realDType } from "../call.ts";
import { complexOperand, complexQuotient } from "../complex-pair.ts";
import type { Rule } from "../rule.ts";

const both = (name: string) => [`aten::${name}.Tensor`, `aten::${name}.Scalar`];

export const DIVIDE: Rule = {
  targets: [...both("div"), ...both("divide"), ...both("true_divide")],
  complex: true,
  emit: (call) => trueQuotient(call),
};

export const DIVIDE_ROUNDED: Rule = {
  targets: ["div", "divide"].flatMap((name) => [`aten::${name}.Tensor_mode`, `aten::${name}.Scalar_mode`]),
  emit(call) {
    if (!call.has("rounding_mode")) return trueQuotient(call);
    return rounded(call, call.string("rounding_mode"));
  },
};

export const FLOOR_DIVIDE: Rule = {
  targets: ["aten::floor_divide.default", "aten::floor_divide.Scalar"],
  emit: (call) => rounded(call, "floor"),
};

/** The remainder has the divisor's sign. */
export const REMAINDER: Rule = {
  targets: [...both("remainder"), "aten::remainder.Scalar_Tensor"],
  emit(call) {
    const [a, b, dtype] = operands(call);
    return call.cast(modulo(call, a, b, dtype), dtype, call.result().dtype);
  },
};

/** The remainder has the dividend's sign. */
export const FMOD: Rule = {
  targets: both("fmod"),
  emit(call) {
    const [a, b, dtype] = operands(call);
    const rest = call.op("Mod", [a, b], { fmod: int(1) });
    return call.cast(rest, dtype, call.result().dtype);
  },
};

function trueQuotient(call: Call): Value {
  const { dtype } = call.result();
  if (isComplex(dtype)) {
    const [x, y] = [complexOperand(call, "self", dtype), complexOperand(call, "other", dtype)];
    return complexQuotient(call, x, y, realDType(dtype));
  }
  const [a, b] = realOperands(call);
  return call.op("Div", [a, b]);
}

function rounded(call: Call, mode: string): Value {
  const [a, b, dtype] = operands(call);
  return call.cast(quotient(call, a, b, dtype, mode), dtype, call.result().dtype);
}

function quotient(call: Call, a: Value, b: Value, dtype: DType, mode: string): Value {
  if (!isFloat(dtype)) {
    // Integer Div truncates; without the remainder the quotient is exact.
    return call.op("Div", mode === "trunc" ? [a, b] : [call.op("Sub", [a, modulo(call, a, b, dtype)]), b]);
  }
  return mode === "floor" ? floorQuotient(call, a, b, dtype) : truncated(call, a, b);
}

/** Trunc(x) = sign(x) * floor(|x|) */
function truncated(call: Call, a: Value, b: Value): Value {
  const exact = call.op("Div", [a, b]);
  return call.op("Mul", [call.op("Sign", [exact]), call.op("Floor", [call.op("Abs", [exact])])]);
}

/** What the remainder leaves, divided: a / b itself may round up to the next whole number, as 1 / 0.1 does. */
function floorQuotient(call: Call, a: Value, b: Value, dtype: DType): Value {
  const rest = call.op("Mod", [a, b], { fmod: int(1) });
  const towardsZero = call.op("Round", [call.op("Div", [call.op("Sub", [a, rest]), b])]);
  const quotients = call.op("Sub", [towardsZero, call.cast(isAbove(call, rest, b, dtype), "bool", dtype)]);
  const other = call.argument("other");
  if (other.kind !== "tensor" && Number(call.scalar("other").value) !== 0) return quotients;
  return call.op("Where", [call.op("Equal", [b, call.number(0, dtype)]), call.op("Div", [a, b]), quotients]);
}

/** Floats: fmod, then the divisor once more where the signs differ. */
function modulo(call: Call, a: Value, b: Value, dtype: DType): Value {
  if (!isFloat(dtype)) return call.op("Mod", [a, b]);
  const rest = call.op("Mod", [a, b], { fmod: int(1) });
  return call.op("Where", [isAbove(call, rest, b, dtype), call.op("Add", [rest, b]), rest]);
}

/** Whether a quotient that left this rest was rounded up: the rest has the other sign than the divisor. */
function isAbove(call: Call, rest: Value, b: Value, dtype: DType): Value {
  const zero = call.number(0, dtype);
  const differ = call.op("Xor", [call.op("Less", [rest, zero]), call.op("Less", [b, zero])]);
  return call.op("And", [differ, call.op("Not", [call.op("Equal", [rest, zero])])]);
}
