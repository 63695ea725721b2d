// Functions of one real number that ONNX has no operator for, from those it has.
// Forms are chosen so that small differences are not lost: expm1 and log1p are accurate around 0.
import type { Value } from "../../../graph/graph.ts";
import { type DType, isFloat } from "../../../tensor/dtype.ts";
import type { Call } from "../call.ts";
import { Reals } from "../reals.ts";
import type { Rule } from "../rule.ts";
import { floorTowardsZero, isNegative, log1p } from "../small-functions.ts";

type Formula = (call: Call, x: Value, dtype: DType) => Value;

const FORMULAS: Readonly<Record<string, Formula>> = {
  /** tanh(x / 2) (exp(x) + 1) */
  expm1: (call, x, dtype) => {
    const half = call.op("Tanh", [call.op("Mul", [x, call.number(0.5, dtype)])]);
    return call.op("Mul", [half, call.op("Add", [call.op("Exp", [x]), call.number(1, dtype)])]);
  },
  log1p,
  exp2: (call, x, dtype) => call.op("Pow", [call.number(2, dtype), x]),
  log2: (call, x, dtype) => logarithm(call, x, dtype, Math.LN2),
  log10: (call, x, dtype) => logarithm(call, x, dtype, Math.LN10),
  erfc,
  deg2rad: (call, x, dtype) => call.op("Mul", [x, call.number(Math.PI / 180, dtype)]),
  rad2deg: (call, x, dtype) => call.op("Mul", [x, call.number(180 / Math.PI, dtype)]),
  /** sin(pi x) / (pi x), 1 at 0 */
  sinc: (call, x, dtype) => {
    const angle = call.op("Mul", [x, call.number(Math.PI, dtype)]);
    const ratio = call.op("Div", [call.op("Sin", [angle]), angle]);
    return call.op("Where", [call.op("Equal", [x, call.number(0, dtype)]), call.number(1, dtype), ratio]);
  },
  erfinv: inverseErf,
  /** erfc(-x / sqrt(2)) / 2 */
  ndtr: (call, x, dtype) => {
    const upper = erfc(call, call.op("Mul", [x, call.number(-Math.SQRT1_2, dtype)]), dtype);
    return call.op("Mul", [upper, call.number(0.5, dtype)]);
  },
  /** -x log x, 0 at 0, minus infinity below */
  entr: (call, x, dtype) => {
    const zero = call.number(0, dtype);
    const product = call.op("Neg", [call.op("Mul", [x, call.op("Log", [x])])]);
    const below = call.op("Where", [
      call.op("Less", [x, zero]),
      call.number(Number.NEGATIVE_INFINITY, dtype),
      product,
    ]);
    return call.op("Where", [call.op("Equal", [x, zero]), zero, below]);
  },
};

const SPECIAL = new Set(["expm1", "log1p", "exp2", "erfc", "sinc", "erfinv", "ndtr", "entr"]);
/** Those that stand in the special namespace alone. */
const ONLY_SPECIAL = new Set(["ndtr", "entr"]);

export const REAL_FORMULA: Rule = {
  targets: Object.keys(FORMULAS).flatMap((name) => [
    ...(ONLY_SPECIAL.has(name) ? [] : [`aten::${name}.default`]),
    ...(SPECIAL.has(name) ? [`aten::special_${name}.default`] : []),
  ]),
  limits: "erfc, erfinv and ndtr not in float64",
  refuse: (call) =>
    /erfc|erfinv|ndtr/.test(call.name) && call.result().dtype === "float64"
      ? "it is only exact enough for narrower floats"
      : undefined,
  emit(call) {
    const { dtype } = call.result();
    const formula = FORMULAS[call.name.replace("special_", "")];
    return formula ? formula(call, call.as("self", dtype), dtype) : call.tensor("self");
  },
};

export const TRUNCATE: Rule = {
  targets: ["aten::trunc.default", "aten::fix.default"],
  emit(call) {
    const { dtype } = call.type("self");
    return floorTowardsZero(call, call.tensor("self"), dtype);
  },
};

export const FRACTION: Rule = {
  targets: ["aten::frac.default"],
  emit(call) {
    const { dtype } = call.type("self");
    return call.op("Sub", [call.tensor("self"), floorTowardsZero(call, call.tensor("self"), dtype)]);
  },
};

/** Rounded to that many decimal places, halves to even. */
export const ROUND_DECIMALS: Rule = {
  targets: ["aten::round.decimals"],
  emit(call) {
    const { dtype } = call.type("self");
    const places = call.int("decimals");
    const factor = call.number(10 ** Math.abs(places), dtype);
    const [there, back] = places >= 0 ? ["Mul", "Div"] : ["Div", "Mul"];
    return call.op(back as string, [
      call.op("Round", [call.op(there as string, [call.tensor("self"), factor])]),
      factor,
    ]);
  },
};

/** Negative, minus zero included. */
export const SIGN_BIT: Rule = {
  targets: ["aten::signbit.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const x = call.tensor("self");
    return isFloat(dtype) ? isNegative(call, x, dtype) : call.op("Less", [x, call.number(0, dtype)]);
  },
};

/** log(x / (1 - x)), x kept within [eps, 1 - eps] if eps is given */
export const LOGIT: Rule = {
  targets: ["aten::logit.default", "aten::special_logit.default"],
  emit(call) {
    const { dtype } = call.result();
    const epsilon = call.optionalFloat("eps");
    const given = call.as("self", dtype);
    const x = epsilon === undefined ? given : within(call, given, epsilon, dtype);
    return call.op("Log", [call.op("Div", [x, call.op("Sub", [call.number(1, dtype), x])])]);
  },
};

/** The lower bound wins where the bounds cross. */
function within(call: Call, x: Value, epsilon: number, dtype: DType): Value {
  const [low, high] = [call.number(epsilon, dtype), call.number(1 - epsilon, dtype)];
  const below = call.op("Where", [call.op("Greater", [x, high]), high, x]);
  return call.op("Where", [call.op("Less", [x, low]), low, below]);
}

const LARGEST: Partial<Record<DType, number>> = {
  float64: Number.MAX_VALUE,
  float32: 3.4028234663852886e38,
  float16: 65504,
  bfloat16: 3.3895313892515355e38,
};

/** NaN and infinities become numbers: 0 and the largest finite ones unless told otherwise. */
export const NAN_TO_NUMBER: Rule = {
  targets: ["aten::nan_to_num.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const x = call.tensor("self");
    const largest = LARGEST[dtype];
    if (largest === undefined) return x;
    const number = (name: string, fallback: number) =>
      call.number(call.optionalFloat(name) ?? fallback, dtype);
    const infinite = (sign: number) =>
      call.op("Equal", [x, call.number(sign * Number.POSITIVE_INFINITY, dtype)]);
    const present = call.op("Where", [call.op("IsNaN", [x]), number("nan", 0), x]);
    const above = call.op("Where", [infinite(1), number("posinf", largest), present]);
    return call.op("Where", [infinite(-1), number("neginf", -largest), above]);
  },
};

/** In float64, so that the logarithm of a power is whole and may be rounded down. */
function logarithm(call: Call, x: Value, dtype: DType, base: number): Value {
  const wide = call.op("Log", [call.cast(x, dtype, "float64")]);
  return call.cast(call.op("Div", [wide, call.number(base, "float64")]), "float64", dtype);
}

/** Coefficients by powers of t, the highest first. */
const COMPLEMENT = [
  0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196,
  1.00002368, -1.26551223,
];

/**
 * t exp(polynomial(t) - x^2) with t = 1 / (1 + |x| / 2), and 2 less that below 0: within 1.2e-7 of itself also where
 * 1 - erf(x) has no digit left.
 * Source: W. Press et al., Numerical Recipes in C (1992), section 6.2
 */
function erfc(call: Call, x: Value, dtype: DType): Value {
  const reals = new Reals(call, "float64");
  const wide = call.cast(x, dtype, "float64");
  const t = reals.div(1, reals.add(reals.mul(reals.abs(wide), 0.5), 1));
  const power = reals.sub(reals.polynomial(t, COMPLEMENT), reals.mul(wide, wide));
  const upper = reals.mul(t, reals.exp(power));
  return call.cast(reals.where(reals.less(wide, 0), reals.sub(2, upper), upper), "float64", dtype);
}

const CENTRAL = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
];
const TAIL = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
];

/** Source: M. Giles, Approximating the erfinv function, GPU Computing Gems 2 (2011); the ends are infinite. */
function inverseErf(call: Call, x: Value, dtype: DType): Value {
  const one = call.number(1, dtype);
  const product = call.op("Mul", [call.op("Sub", [one, x]), call.op("Add", [one, x])]);
  const w = call.op("Neg", [call.op("Log", [product])]);
  const central = polynomial(call, CENTRAL, call.op("Sub", [w, call.number(2.5, dtype)]), dtype);
  const tail = polynomial(call, TAIL, call.op("Sub", [call.op("Sqrt", [w]), call.number(3, dtype)]), dtype);
  const factor = call.op("Where", [call.op("Less", [w, call.number(5, dtype)]), central, tail]);
  const ends = call.op("Equal", [call.op("Abs", [x]), one]);
  return call.op("Mul", [x, call.op("Where", [ends, call.number(Number.POSITIVE_INFINITY, dtype), factor])]);
}

function polynomial(call: Call, coefficients: readonly number[], x: Value, dtype: DType): Value {
  const [first, ...rest] = coefficients.map((coefficient) => call.number(coefficient, dtype));
  return rest.reduce<Value>((sum, next) => call.op("Add", [call.op("Mul", [sum, x]), next]), first as Value); // there is one
}
