// Bessel functions, in float64: power series for small arguments and asymptotic ones for large.
// Source: https://dlmf.nist.gov/10 (10.2.2, 10.17.3, 10.25.2, 10.40.1)
import type { Value } from "../../../graph/graph.ts";
import { inDouble, type Reals } from "../reals.ts";
import type { Rule } from "../rule.ts";

/** From here on the asymptotic series of I is good to the last bits. */
const FAR_I = 20;
/** From here on that of J is good to 1e-11. */
const FAR_J = 14;

/** Modified ones of the first kind, order 0 and 1; "e" is scaled by exp(-|x|). */
export const MODIFIED_BESSEL: Rule = {
  targets: [
    "aten::i0.default",
    ...["i0", "i0e", "i1", "i1e", "modified_bessel_i0", "modified_bessel_i1"].map(
      (name) => `aten::special_${name}.default`,
    ),
  ],
  emit: (call) =>
    inDouble(call, "self", (reals, x) => {
      const order = call.name.includes("i1") ? 1 : 0;
      const scaled = call.name.endsWith("e");
      const size = reals.abs(x);
      const value = modified(reals, order, size, scaled);
      return order === 1 ? reals.where(reals.less(x, 0), reals.neg(value), value) : value;
    }),
};

function modified(reals: Reals, order: 0 | 1, x: Value, scaled: boolean): Value {
  const near = reals.min(x, FAR_I);
  const far = reals.max(x, FAR_I);
  // (x / 2)^n sum of (x^2 / 4)^k / (k! (k + n)!)
  const quarter = reals.mul(near, near, 0.25);
  const sum = reals.powerSeries(quarter, seriesCoefficients(order, 60, 1));
  const small = order === 0 ? sum : reals.mul(sum, near, 0.5);
  const beside = reals.polynomial(reals.div(1, far), asymptotic(order, 24, -1).reverse());
  const root = reals.div(beside, reals.sqrt(reals.mul(2 * Math.PI, far)));
  const isNear = reals.less(x, FAR_I);
  if (scaled) return reals.where(isNear, reals.mul(small, reals.exp(reals.neg(near))), root);
  // In halves, so that the exponential is infinite no sooner than the result.
  const half = reals.exp(reals.mul(far, 0.5));
  return reals.where(isNear, small, reals.mul(half, reals.mul(half, root)));
}

/** Of the first kind, order 0 and 1. */
export const BESSEL: Rule = {
  targets: ["aten::special_bessel_j0.default", "aten::special_bessel_j1.default"],
  limits: "not float64",
  refuse: (call) =>
    call.dtypeOf("self") === "float64" ? "it is only exact enough for narrower floats" : undefined,
  emit: (call) =>
    inDouble(call, "self", (reals, x) => {
      const order = call.name.endsWith("1") ? 1 : 0;
      const size = reals.abs(x);
      const value = firstKind(reals, order, size);
      return order === 1 ? reals.where(reals.less(x, 0), reals.neg(value), value) : value;
    }),
};

function firstKind(reals: Reals, order: 0 | 1, x: Value): Value {
  const near = reals.min(x, FAR_J);
  const far = reals.max(x, FAR_J);
  const quarter = reals.mul(near, near, 0.25);
  const sum = reals.polynomial(quarter, seriesCoefficients(order, 45, -1).reverse());
  const small = order === 0 ? sum : reals.mul(sum, near, 0.5);
  // sqrt(2 / (pi x)) (P cos w - Q sin w), w = x - n pi / 2 - pi / 4
  const a = asymptotic(order, 24, 1);
  const inverse = reals.div(1, far);
  const square = reals.mul(inverse, inverse);
  const alternating = (parity: 0 | 1) =>
    a.filter((_, k) => k % 2 === parity).map((value, k) => (k % 2 === 0 ? value : -value));
  const p = reals.polynomial(square, alternating(0).reverse());
  const q = reals.mul(inverse, reals.polynomial(square, alternating(1).reverse()));
  const angle = reals.sub(far, (order * Math.PI) / 2 + Math.PI / 4);
  const wave = reals.sub(reals.mul(p, reals.cos(angle)), reals.mul(q, reals.sin(angle)));
  const large = reals.mul(reals.sqrt(reals.div(2 / Math.PI, far)), wave);
  return reals.where(reals.less(x, FAR_J), small, reals.where(reals.isInfinite(x), 0, large));
}

/** sign^k / (k! (k + n)!), ascending. */
function seriesCoefficients(order: number, count: number, sign: number): number[] {
  let term = 1;
  return Array.from({ length: count }, (_, k) => {
    if (k > 0) term *= sign / (k * (k + order));
    return term;
  });
}

/** sign^k (4 n^2 - 1)(4 n^2 - 9) ... (4 n^2 - (2 k - 1)^2) / (k! 8^k), ascending. */
function asymptotic(order: number, count: number, sign: number): number[] {
  let term = 1;
  return Array.from({ length: count }, (_, k) => {
    if (k > 0) term *= (sign * (4 * order * order - (2 * k - 1) ** 2)) / (8 * k);
    return term;
  });
}
