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

/** The dimension, or undefined if dimensions cannot express it (comparisons, roots, inexact divisions). */
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
  ["FloorToInt", floor],
  ["floor", floor],
  ["CeilToInt", ceil],
  ["ceiling", ceil],
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
