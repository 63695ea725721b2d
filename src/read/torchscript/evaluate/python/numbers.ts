// Arithmetic and comparisons on Python's numbers. Integers may be sizes that depend on the input; Python's rules hold:
// `//` rounds down, `%` has the divisor's sign, `/` is real.
// Not here: the same names on tensors (ATen), on lists and strings (containers.ts, strings.ts).
import {
  addDims,
  type Dim,
  floorDivDims,
  maxDims,
  minDims,
  modDims,
  mulDims,
  subDims,
} from "../../../../graph/dim.ts";
import { bool, float, int, type Value } from "../../values.ts";
import type { Builtin, BuiltinTable } from "./builtin.ts";
import { type Comparison, compareSizes } from "./compare-sizes.ts";

interface Operation {
  readonly sizes?: (a: Dim, b: Dim) => Dim | undefined;
  readonly numbers: (a: number, b: number) => number | undefined;
}

const floorDivide = (a: number, b: number) => (b === 0 ? undefined : Math.floor(a / b));
const modulo = (a: number, b: number) => (b === 0 ? undefined : a - b * Math.floor(a / b));

const OPERATIONS: Readonly<Record<string, Operation>> = {
  add: { sizes: addDims, numbers: (a, b) => a + b },
  sub: { sizes: subDims, numbers: (a, b) => a - b },
  mul: { sizes: mulDims, numbers: (a, b) => a * b },
  floordiv: { sizes: (a, b) => (b === 0 ? undefined : floorDivDims(a, b)), numbers: floorDivide },
  floor_divide: { sizes: (a, b) => (b === 0 ? undefined : floorDivDims(a, b)), numbers: floorDivide },
  remainder: { sizes: (a, b) => (b === 0 ? undefined : modDims(a, b)), numbers: modulo },
  div: { numbers: (a, b) => a / b },
  truediv: { numbers: (a, b) => a / b },
  pow: { numbers: (a, b) => a ** b },
  atan2: { numbers: Math.atan2 },
  fmod: { numbers: (a, b) => a % b },
  min: { sizes: minDims, numbers: Math.min },
  max: { sizes: maxDims, numbers: Math.max },
};

const arithmetic =
  ({ sizes, numbers }: Operation): Builtin =>
  ([a, b, ...more]) => {
    if (!a || !b || more.length > 0) return undefined;
    const whole = a.kind === "int" && b.kind === "int";
    if (whole && sizes) {
      const result = sizes(a.value, b.value);
      return result === undefined ? undefined : int(result);
    }
    const [left, right] = [numberOf(a), numberOf(b)];
    const result = left === undefined || right === undefined ? undefined : numbers(left, right);
    return result === undefined ? undefined : float(result);
  };

/** A fixed number; truth values are none. */
function numberOf(value: Value): number | undefined {
  if (value.kind === "float") return value.value;
  return value.kind === "int" && typeof value.value === "number" ? value.value : undefined;
}

const COMPARISONS: Readonly<Record<Comparison, (a: number | string, b: number | string) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
};

const compare =
  (how: Comparison): Builtin =>
  ([a, b]) => {
    if (!a || !b) return undefined;
    if (a.kind === "int" && b.kind === "int") {
      const known = compareSizes(how, a.value, b.value);
      return known === undefined ? undefined : bool(known);
    }
    const holds = COMPARISONS[how];
    if (a.kind === "string" && b.kind === "string") return bool(holds(a.value, b.value));
    if (a.kind === "bool" && b.kind === "bool") return bool(holds(Number(a.value), Number(b.value)));
    if (a.kind === "device" && b.kind === "device") return bool(holds(a.name, b.name));
    const [left, right] = [numberOf(a), numberOf(b)];
    return left === undefined || right === undefined ? undefined : bool(holds(left, right));
  };

/** A function of one number; `whole` ones give integers. */
const unary =
  (apply: (x: number) => number, whole = false): Builtin =>
  ([x, ...more]) => {
    const value = x && numberOf(x);
    if (value === undefined || more.length > 0) return undefined;
    return whole && Number.isFinite(apply(value)) ? int(apply(value)) : float(apply(value));
  };

const sameKind =
  (apply: (x: Dim) => Dim | undefined, real: (x: number) => number): Builtin =>
  ([x]) => {
    if (x?.kind === "int") {
      const result = apply(x.value);
      return result === undefined ? undefined : int(result);
    }
    return x?.kind === "float" ? float(real(x.value)) : undefined;
  };

/** Halves go to the even neighbour. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

export const NUMBERS: BuiltinTable = {
  ...Object.fromEntries(Object.entries(OPERATIONS).map(([name, operation]) => [name, arithmetic(operation)])),
  ...Object.fromEntries(
    Object.keys(COMPARISONS).map((name) => [name, compare(name as Comparison)]), // a key of that table
  ),
  neg: sameKind(
    (x) => mulDims(x, -1),
    (x) => -x,
  ),
  abs: sameKind((x) => (typeof x === "number" ? Math.abs(x) : maxDims(x, mulDims(x, -1))), Math.abs),
  ceil: unary(Math.ceil, true),
  floor: unary(Math.floor, true),
  round: unary(roundHalfEven),
  sqrt: unary(Math.sqrt),
  exp: unary(Math.exp),
  log: unary(Math.log),
  log2: unary(Math.log2),
  log10: unary(Math.log10),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tan: unary(Math.tan),
  tanh: unary(Math.tanh),
  isnan: ([x]) => (x?.kind === "float" ? bool(Number.isNaN(x.value)) : undefined),
  isinf: ([x]) => (x?.kind === "float" ? bool(Math.abs(x.value) === Number.POSITIVE_INFINITY) : undefined),
  isfinite: ([x]) => (x?.kind === "float" ? bool(Number.isFinite(x.value)) : undefined),
};
