// Gives a symbolic expression of the file its meaning as a dimension.
// On the way a value is an exact fraction of two dimensions, so that `TruncToInt(IntTrueDiv(s0, 2))` and
// `floor(Rational(1, 2) * s0)` are floor divisions. Sizes are not negative, so truncating is rounding down.
// Names of functions: https://github.com/pytorch/pytorch/blob/main/torch/utils/_sympy/functions.py
import {
  addDims,
  ceilDivDims,
  type Dim,
  divideExactly,
  floorDivDims,
  maxDims,
  minDims,
  modDims,
  mulDims,
  sameDim,
  subDims,
  symbol,
  termsOf,
} from "../../graph/dim.ts";
import type { Expression } from "./expression-text.ts";

interface Fraction {
  readonly top: Dim;
  readonly bottom: Dim;
}

type Evaluated = Fraction | undefined;

/** Above this, multiplying a power out makes expressions that nobody reads. */
const MAX_POWER = 8;
/** The largest power of two by which a float such as 1.5 is tried as an exact fraction. */
const MAX_FLOAT_DENOMINATOR = 2 ** 20;

/** Sizes of real models have a handful of terms; products of sums could have any number. */
const MAX_TERMS = 100;
const MAX_FACTORS = 32;

const ONE: Fraction = { top: 1, bottom: 1 };

/** The dimension, or undefined if dimensions cannot express it (roots, inexact divisions, comparisons as such). */
export function evaluateExpression(expression: Expression): Dim | undefined {
  return integerOf(evaluate(expression));
}

function integerOf(value: Evaluated): Dim | undefined {
  return value && (value.bottom === 1 ? value.top : divideExactly(value.top, value.bottom));
}

function evaluate(expression: Expression): Evaluated {
  if (expression.kind === "number") return fromFloat(expression.value);
  if (expression.kind === "name") return { top: symbol(expression.name), bottom: 1 };
  const { name, args } = expression;
  if (name === "Symbol") return args[0] && evaluate(args[0]);
  if (name === "Float") return args[0] && evaluate(textToNumber(args[0]));
  if (name === "Where") return choose(args[0], args[1] && evaluate(args[1]), args[2] && evaluate(args[2]));
  if (name === "Piecewise") return firstTrue(args);
  const values = args.map(evaluate);
  if (!values.every((value) => value !== undefined)) return undefined;
  return FUNCTIONS.get(name)?.(values);
}

type Fn = (args: readonly Fraction[]) => Evaluated;

const identity: Fn = ([value]) => value;
const floor: Fn = ([value]) => value && whole(floorDivDims(value.top, value.bottom));
const ceil: Fn = ([value]) => value && whole(ceilDivDims(value.top, value.bottom));
const floorDiv = integers(([a, b]) => (b === undefined || b === 0 ? undefined : floorDivDims(a ?? 0, b)));
const mod = integers(([a, b]) => (b === undefined || b === 0 ? undefined : modDims(a ?? 0, b)));
const max = integers(([first, ...others]) =>
  first === undefined ? undefined : others.reduce(maxDims, first),
);
const min = integers(([first, ...others]) =>
  first === undefined ? undefined : others.reduce(minDims, first),
);
const absolute = integers(([x]) => (x === undefined ? undefined : maxDims(x, mulDims(x, -1))));
const divide: Fn = ([a, b]) =>
  a && b && b.top !== 0 ? multiply(a, { top: b.bottom, bottom: b.top }) : undefined;
const power: Fn = ([base, exponent]) => base && exponent && raise(base, integerOf(exponent));

/** By PyTorch's names, and by those that a dimension prints. */
const FUNCTIONS: ReadonlyMap<string, Fn> = new Map<string, Fn>([
  ["Integer", identity],
  ["Identity", identity],
  ["ToFloat", identity],
  ["Add", (args) => args.reduce<Evaluated>(add, { top: 0, bottom: 1 })],
  ["Sub", ([a, b]) => a && b && add(a, { top: mulDims(b.top, -1), bottom: b.bottom })],
  ["Mul", (args) => args.reduce<Evaluated>(multiply, ONE)],
  ["Rational", divide],
  ["IntTrueDiv", divide],
  ["FloatTrueDiv", divide],
  ["Pow", power],
  ["PowByNatural", power],
  ["FloatPow", power],
  ["Abs", absolute],
  ["FloorDiv", floorDiv],
  ["floordiv", floorDiv],
  ["CleanDiv", floorDiv],
  ["Mod", mod],
  ["mod", mod],
  ["PythonMod", mod],
  ["ModularIndexing", integers(([x, divisor, modulus]) => modularIndex(x, divisor, modulus))],
  ["Max", max],
  ["max", max],
  ["Min", min],
  ["min", min],
  ["TruncToInt", floor],
  ["TruncToFloat", floor],
  ["FloorToInt", floor],
  ["floor", floor],
  ["CeilToInt", ceil],
  ["ceiling", ceil],
  ["RoundToInt", round],
]);

/** A function that is defined on whole numbers only. */
function integers(compute: (args: readonly Dim[]) => Dim | undefined): Fn {
  return (args) => {
    const dims = args.map(integerOf);
    if (!dims.every((dim) => dim !== undefined)) return undefined;
    const result = compute(dims);
    return result === undefined ? undefined : whole(result);
  };
}

/** Halves go to the even neighbour: r = (2t + b) // 2b, less one where that is exact and odd. */
function round([value]: readonly Fraction[]): Evaluated {
  if (!value) return undefined;
  const doubled = addDims(mulDims(value.top, 2), value.bottom);
  const step = mulDims(value.bottom, 2);
  const nearest = floorDivDims(doubled, step);
  const isHalf = subDims(1, minDims(1, modDims(doubled, step)));
  return bounded(whole(subDims(nearest, mulDims(isHalf, modDims(nearest, 2)))));
}

/** `Piecewise(ExprCondPair(a, condition), ..., ExprCondPair(z, true))`: the last condition is always met. */
function firstTrue(pairs: readonly Expression[]): Evaluated {
  return pairs.reduceRight<Evaluated>((otherwise, pair, place) => {
    if (pair.kind !== "call") return undefined;
    const value = pair.args[0] && evaluate(pair.args[0]);
    return place === pairs.length - 1 ? value : choose(pair.args[1], value, otherwise);
  }, undefined);
}

/** otherwise + condition * (value - otherwise). */
function choose(condition: Expression | undefined, value: Evaluated, otherwise: Evaluated): Evaluated {
  const met = condition && truth(condition);
  const [a, b] = [integerOf(value), integerOf(otherwise)];
  if (met === undefined || a === undefined || b === undefined) return undefined;
  return bounded(whole(addDims(b, mulDims(met, subDims(a, b)))));
}

/** A condition on whole numbers as 1 or 0. */
function truth(condition: Expression): Dim | undefined {
  if (condition.kind === "name")
    return condition.name === "true" ? 1 : condition.name === "false" ? 0 : undefined;
  if (condition.kind === "number") return undefined;
  const compare = COMPARISONS.get(condition.name);
  if (compare) {
    const [a, b] = condition.args.map((arg) => integerOf(evaluate(arg)));
    return a === undefined || b === undefined ? undefined : compare(a, b);
  }
  const parts = condition.args.map(truth);
  if (!parts.every((part) => part !== undefined)) return undefined;
  if (condition.name === "Not") return parts[0] === undefined ? undefined : subDims(1, parts[0]);
  if (condition.name === "And") return parts.reduce(minDims, 1);
  return condition.name === "Or" ? parts.reduce(maxDims, 0) : undefined;
}

type Comparison = (a: Dim, b: Dim) => Dim;

const atLeast: Comparison = (a, b) => minDims(1, maxDims(0, addDims(subDims(a, b), 1)));
const above: Comparison = (a, b) => minDims(1, maxDims(0, subDims(a, b)));
const differ: Comparison = (a, b) => minDims(1, maxDims(subDims(a, b), subDims(b, a)));
const equal: Comparison = (a, b) => subDims(1, differ(a, b));

/** By their short names and by SymPy's own. */
const COMPARISONS: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ["Eq", equal],
  ["Equality", equal],
  ["Ne", differ],
  ["Unequality", differ],
  ["Ge", atLeast],
  ["GreaterThan", atLeast],
  ["Gt", above],
  ["StrictGreaterThan", above],
  ["Le", (a, b) => atLeast(b, a)],
  ["LessThan", (a, b) => atLeast(b, a)],
  ["Lt", (a, b) => above(b, a)],
  ["StrictLessThan", (a, b) => above(b, a)],
]);

function whole(dim: Dim): Fraction {
  return { top: dim, bottom: 1 };
}

function add(a: Evaluated, b: Fraction): Evaluated {
  if (!a) return undefined;
  if (sameDim(a.bottom, b.bottom)) return bounded({ top: addDims(a.top, b.top), bottom: a.bottom });
  const top = addDims(mulDims(a.top, b.bottom), mulDims(b.top, a.bottom));
  return bounded({ top, bottom: mulDims(a.bottom, b.bottom) });
}

function multiply(a: Evaluated, b: Fraction): Evaluated {
  if (!a) return undefined;
  const top = mulDims(a.top, b.top);
  const bottom = mulDims(a.bottom, b.bottom);
  const exact = divideExactly(top, bottom);
  return bounded(exact === undefined ? { top, bottom } : whole(exact));
}

/** Operands within the bounds make results that are soon computed; what is beyond them is no dimension. */
function bounded(value: Fraction): Evaluated {
  const small = [value.top, value.bottom].every((dim) => {
    const terms = termsOf(dim);
    return terms.length <= MAX_TERMS && terms.every((term) => term.atoms.length <= MAX_FACTORS);
  });
  return small ? value : undefined;
}

function raise(base: Fraction, exponent: Dim | undefined): Evaluated {
  if (typeof exponent !== "number" || Math.abs(exponent) > MAX_POWER) return undefined;
  let product: Evaluated = ONE;
  for (let count = 0; count < Math.abs(exponent); count++) product = multiply(product, base);
  return product && (exponent >= 0 ? product : divide([ONE, product]));
}

/** `x // divisor % modulus`, as PyTorch's inductor writes it. */
function modularIndex(
  x: Dim | undefined,
  divisor: Dim | undefined,
  modulus: Dim | undefined,
): Dim | undefined {
  if (x === undefined || !divisor || !modulus) return undefined;
  return modDims(floorDivDims(x, divisor), modulus);
}

function fromFloat(value: number): Evaluated {
  for (let bottom = 1; bottom <= MAX_FLOAT_DENOMINATOR; bottom *= 2) {
    if (Number.isInteger(value * bottom)) return { top: value * bottom, bottom };
  }
  return undefined;
}

/** `Float('1.5', precision=53)` holds its number as text. */
function textToNumber(expression: Expression): Expression {
  if (expression.kind !== "name") return expression;
  return { kind: "number", value: Number(expression.name) };
}
