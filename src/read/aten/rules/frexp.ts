// Floats taken apart and their neighbours. All is computed in float64, where both are exact for narrower types.
import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { Call } from "../call.ts";
import { Reals } from "../reals.ts";
import type { Rule } from "../rule.ts";

/** x = mantissa * 2^exponent with 1/2 <= |mantissa| < 1; zeros, infinities and NaN are their own mantissa. */
export const FREXP: Rule = {
  targets: ["aten::frexp.Tensor"],
  limits: "not float64",
  refuse: (call) => (call.dtypeOf("self") === "float64" ? "it is not supported for float64" : undefined),
  emit(call) {
    const { dtype } = call.type("self");
    const reals = new Reals(call, "float64");
    const x = call.as("self", "float64");
    const odd = isOdd(call, reals, x);
    const size = reals.where(odd, 1, reals.abs(x));
    const exponent = exponentOf(reals, size);
    const mantissa = reals.where(odd, x, reals.mul(x, reals.pow(2, reals.neg(exponent))));
    return [
      call.cast(mantissa, "float64", dtype),
      call.cast(reals.where(odd, 0, exponent), "float64", "int32"),
    ];
  },
};

/** Zeros, infinities and NaN. */
function isOdd(call: Call, reals: Reals, x: Value): Value {
  const special = call.op("Or", [reals.isNaN(x), reals.isInfinite(x)]);
  return call.op("Or", [special, reals.equal(x, 0)]);
}

/** The e with 2^(e - 1) <= size < 2^e: a logarithm says it but for rounding, which is put right. */
function exponentOf(reals: Reals, size: Value): Value {
  const guess = reals.add(reals.floor(reals.div(reals.log(size), Math.LN2)), 1);
  const scaled = reals.mul(size, reals.pow(2, reals.neg(guess)));
  const tooLow = reals.where(reals.less(scaled, 1), 0, 1);
  const tooHigh = reals.where(reals.less(scaled, 0.5), 1, 0);
  return reals.sub(reals.add(guess, tooLow), tooHigh);
}

/** Bits of the significand, and the exponent of the smallest normal number as frexp has it. */
const FORMATS: Partial<Record<DType, readonly [number, number]>> = {
  float32: [24, -125],
  float16: [11, -13],
  bfloat16: [8, -125],
};

/** The float next to `self` in the direction of `other`. */
export const NEXT_AFTER: Rule = {
  targets: ["aten::nextafter.default"],
  limits: "float16, bfloat16, float32 results",
  refuse: (call) =>
    FORMATS[call.result().dtype] ? undefined : `it is not supported for ${call.result().dtype}`,
  emit(call) {
    const { dtype } = call.result();
    const [bits, lowest] = FORMATS[dtype] ?? [24, -125];
    const reals = new Reals(call, "float64");
    const [x, y] = [call.as("self", "float64"), call.as("other", "float64")];
    const largest = 2 ** (1 - lowest + 2) * (1 - 2 ** -bits);
    // An infinity is left to the largest number; it has no exponent.
    const finite = reals.where(reals.isInfinite(x), 1, x);
    const size = reals.where(reals.equal(finite, 0), 2 ** (lowest - 1), reals.abs(finite));
    const upwards = reals.less(x, y);
    // Away from zero the step is that of x; towards zero from a power of two, that of the numbers below it.
    const outwards = reals.call.op("Equal", [upwards, reals.less(0, finite)]);
    const power = reals.equal(size, reals.pow(2, reals.sub(exponentOf(reals, size), 1)));
    const inner = reals.both(power, call.op("Not", [outwards]));
    const exponent = reals.max(reals.sub(exponentOf(reals, size), reals.where(inner, 1, 0)), lowest);
    const step = reals.pow(2, reals.sub(exponent, bits));
    const smallest = 2 ** (lowest - bits);
    const moved = reals.where(
      reals.equal(finite, 0),
      reals.where(upwards, smallest, -smallest),
      reals.where(upwards, reals.add(finite, step), reals.sub(finite, step)),
    );
    const fromInfinity = reals.where(upwards, -largest, largest);
    const next = reals.where(reals.isInfinite(x), fromInfinity, moved);
    const same = reals.where(reals.equal(x, y), y, next);
    const missing = call.op("Or", [reals.isNaN(x), reals.isNaN(y)]);
    return call.cast(reals.where(missing, Number.NaN, same), "float64", dtype);
  },
};
