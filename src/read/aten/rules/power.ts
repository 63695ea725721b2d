// Powers and roots.
import type { Value } from "../../../graph/graph.ts";
import { type DType, isFloat } from "../../../tensor/dtype.ts";
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
    if (!isFloat(dtype)) return ofIntegers(call);
    const exponent = call.argument("exponent");
    const fixed = exponent.kind === "int" || exponent.kind === "float" ? Number(exponent.value) : Number.NaN;
    const x = call.as("self", dtype);
    return simplePower(call, x, fixed) ?? call.op("Pow", [x, call.as("exponent", dtype)]);
  },
};

/** The commonest exponents without a logarithm. */
function simplePower(call: Call, x: Value, exponent: number): Value | undefined {
  if (exponent === 1) return x;
  if (exponent === 2) return call.op("Mul", [x, x]);
  if (exponent === 0.5) return call.op("Sqrt", [x]);
  if (exponent === -0.5) return call.op("Reciprocal", [call.op("Sqrt", [x])]);
  return undefined;
}

/** Engines go through doubles, which do not hold all integers, and do not wrap around. */
function ofIntegers(call: Call): Value {
  const { dtype } = call.result();
  const computed = arithmeticDType(dtype);
  const exponent = call.argument("exponent");
  const x = call.as("self", computed);
  const power =
    exponent.kind === "int" && typeof exponent.value === "number" && exponent.value >= 0
      ? wholePower(call, x, exponent.value, computed)
      : variablePower(call, x, call.as("exponent", "int64"), computed);
  return call.cast(power, computed, dtype);
}

/** By squaring, from the lowest bit of the exponent up. */
function wholePower(call: Call, x: Value, exponent: number, dtype: DType): Value {
  let result: Value | undefined;
  let square = x;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result ? call.op("Mul", [result, square]) : square;
    if (rest > 1) square = call.op("Mul", [square, square]);
  }
  return result ?? call.op("Add", [call.op("Mul", [x, call.number(0, dtype)]), call.number(1, dtype)]);
}

/** Bits of an exponent that count: 2^64 is 0 in 64 bits, and no larger power of anything but 0 and 1 is a sensible number. */
const EXPONENT_BITS = 7;

/** Negative exponents leave 1 and -1 what they are and make 0 of all others, as in PyTorch. */
function variablePower(call: Call, x: Value, exponent: Value, dtype: DType): Value {
  const integer = (value: number) => call.number(value, "int64");
  const size = call.op("Abs", [exponent]);
  const last = 2 ** EXPONENT_BITS;
  const half = integer(last / 2);
  // A larger exponent becomes one of the upper half that is even or odd as it is.
  const folded = call.op("Add", [call.op("Mod", [size, half]), half]);
  let rest = call.op("Where", [call.op("Less", [size, integer(last)]), size, folded]);
  let result = call.number(1, dtype);
  let square = x;
  for (let bit = 0; bit < EXPONENT_BITS; bit += 1) {
    const odd = call.cast(call.op("Mod", [rest, integer(2)]), "int64", "bool");
    result = call.op("Mul", [result, call.op("Where", [odd, square, call.number(1, dtype)])]);
    rest = call.op("Div", [rest, integer(2)]);
    if (bit < EXPONENT_BITS - 1) square = call.op("Mul", [square, square]);
  }
  const isUnit = call.op("Equal", [call.op("Abs", [x]), call.number(1, dtype)]);
  const kept = call.op("Or", [call.op("GreaterOrEqual", [exponent, integer(0)]), isUnit]);
  return call.op("Where", [kept, result, call.number(0, dtype)]);
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
