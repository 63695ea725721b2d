// The gamma function's logarithm and its derivatives, in float64: Stirling's series beyond 8, to which smaller arguments are
// moved by the recurrence; negative ones are reflected.
// Source: https://dlmf.nist.gov/5 (5.5.1, 5.5.3, 5.11.1, 5.15.5 to 5.15.8)
import type { Value } from "../../graph/graph.ts";
import type { Real, Reals } from "./reals.ts";

/** Beyond it the series are good to the last bits of float64. */
const FAR = 8;
/** B2, B4, ..., B16. */
const BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510];

/** log |gamma(x)| */
export function logGamma(reals: Reals, x: Value): Value {
  const below = reals.less(x, 0.5);
  const right = logGammaOfPositive(reals, reals.where(below, reals.sub(1, x), x));
  const sine = reals.abs(reals.sin(reals.mul(Math.PI, fromNearest(reals, x))));
  const reflected = reals.sub(reals.log(reals.div(Math.PI, sine)), right);
  const result = reals.where(below, reflected, right);
  return reals.where(reals.isInfinite(x), Number.POSITIVE_INFINITY, result);
}

function logGammaOfPositive(reals: Reals, x: Value): Value {
  const near = reals.less(x, FAR);
  const steps = Array.from({ length: FAR }, (_, index) => reals.add(x, index));
  const moved = reals.where(near, reals.log(reals.mul(...steps)), 0);
  const z = reals.where(near, reals.add(x, FAR), x);
  // (z - 1/2) log z - z + log(2 pi) / 2 + sum of B2k / (2k (2k - 1) z^(2k - 1))
  const inverse = reals.div(1, z);
  const coefficients = BERNOULLI.map((b, index) => b / ((2 * index + 2) * (2 * index + 1)));
  const series = reals.mul(inverse, inSquares(reals, inverse, coefficients));
  const main = reals.sub(reals.mul(reals.sub(z, 0.5), reals.log(z)), z);
  return reals.sub(reals.add(main, Math.log(2 * Math.PI) / 2, series), moved);
}

/** The derivative of log gamma. NaN at negative integers; at 0 infinite, against the sign of zero. */
export function digamma(reals: Reals, x: Value): Value {
  const below = reals.less(x, 0.5);
  const right = polygammaOfPositive(reals, 0, reals.where(below, reals.sub(1, x), x));
  const angle = reals.mul(Math.PI, fromNearest(reals, x));
  const cotangent = reals.div(reals.cos(angle), reals.sin(angle));
  const reflected = reals.sub(right, reals.mul(Math.PI, cotangent));
  const whole = reals.both(reals.equal(x, reals.floor(x)), reals.less(x, 0));
  const result = reals.where(whole, Number.NaN, reals.where(below, reflected, right));
  return reals.where(reals.equal(x, 0), reals.neg(reals.div(1, x)), result);
}

/** The derivative of order `order` of digamma, order at least 1; infinite at 0 and negative integers. */
export function polygamma(reals: Reals, order: number, x: Value): Value {
  const below = reals.less(x, 0.5);
  const sign = order % 2 === 0 ? 1 : -1;
  const right = polygammaOfPositive(reals, order, reals.where(below, reals.sub(1, x), x));
  // psi_n(x) = (-1)^n psi_n(1 - x) - pi (d/dx)^n cot(pi x)
  const angle = reals.mul(Math.PI, fromNearest(reals, x));
  const cotangent = reals.div(reals.cos(angle), reals.sin(angle));
  const derivative = reals.mul(
    Math.PI ** (order + 1),
    reals.polynomial(cotangent, cotangentDerivative(order)),
  );
  const reflected = reals.sub(reals.mul(sign, right), derivative);
  const pole = reals.both(reals.equal(x, reals.floor(x)), reals.less(x, 0.5));
  return reals.where(pole, -sign * Number.POSITIVE_INFINITY, reals.where(below, reflected, right));
}

/** (d/dt)^n cot t as a polynomial in cot t, highest power first: p' = dp/dc * -(1 + c^2) */
function cotangentDerivative(order: number): number[] {
  let polynomial = [0, 1]; // by ascending powers
  for (let step = 0; step < order; step += 1) {
    const next = new Array<number>(polynomial.length + 1).fill(0);
    for (const [power, factor] of polynomial.entries()) {
      if (power === 0) continue;
      next[power - 1] = (next[power - 1] ?? 0) - factor * power;
      next[power + 1] = (next[power + 1] ?? 0) - factor * power;
    }
    polynomial = next;
  }
  return polynomial.reverse();
}

/** For x >= 1/2. Order 0 is digamma itself. */
function polygammaOfPositive(reals: Reals, order: number, x: Value): Value {
  const near = reals.less(x, FAR);
  const z = reals.where(near, reals.add(x, FAR), x);
  const inverse = reals.div(1, z);
  const steps = Array.from({ length: FAR }, (_, index) => reals.pow(reals.add(x, index), -(order + 1)));
  const moved = reals.where(near, reals.mul(factorial(order), reals.add(...steps)), 0);
  // (n - 1)! / z^n + n! / (2 z^(n + 1)) + sum of B2k (2k + n - 1)! / ((2k)! z^(2k + n)), for order 0 -log z in front
  const coefficients = BERNOULLI.map(
    (b, index) => (b * factorial(2 * index + 1 + order)) / factorial(2 * index + 2),
  );
  const tail: Real[] = [
    reals.mul(factorial(order) / 2, reals.pow(inverse, order + 1)),
    reals.mul(reals.pow(inverse, order + 2), inSquares(reals, inverse, coefficients)),
  ];
  if (order === 0) return reals.sub(reals.sub(reals.log(z), reals.add(...tail)), moved);
  const size = reals.add(reals.mul(factorial(order - 1), reals.pow(inverse, order)), ...tail, moved);
  return order % 2 === 0 ? reals.neg(size) : size;
}

function inSquares(reals: Reals, x: Value, ascending: readonly number[]): Value {
  return reals.polynomial(reals.mul(x, x), [...ascending].reverse());
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

/** x without its nearest integer, so that sines of multiples of pi are exactly 0. */
function fromNearest(reals: Reals, x: Value): Value {
  return reals.sub(x, reals.call.op("Round", [x]));
}
