// Symbolic dimensions: integers, or expressions over named symbols such as `batch` or `2*batch + 1`.
// Canonical form: a sum of terms `coefficient * product of atoms`, sorted by key, so that equal expressions have
// equal keys. Atoms are symbols and the functions that do not distribute over sums (floor division, mod, max, min).
// All arithmetic is Python's: floor division rounds down, mod has the divisor's sign.
// Not here: where a symbol's value comes from at run time (read/aten/emit-dims.ts).
import { fail } from "../core/errors.ts";

/** A size that may be known only at run time. Sizes are never negative; intermediate expressions may be. */
export type Dim = number | DimExpression;

type AtomKind = "symbol" | "floordiv" | "mod" | "max" | "min";

/** A symbol, or a function of dimensions that cannot be written as a sum. */
export interface DimAtom {
  readonly kind: AtomKind;
  /** For a symbol its name, for a function its canonical text. */
  readonly key: string;
  readonly args: readonly Dim[];
}

interface Term {
  readonly coefficient: number;
  /** Sorted by key; a power is the atom repeated. Empty for the constant term. */
  readonly atoms: readonly DimAtom[];
}

/** Sums and products of what a hostile file says grow without end; sizes of real models have a few terms. */
const MAX_TERMS = 1000;
const MAX_KEY_LENGTH = 20_000;

export class DimExpression {
  readonly terms: readonly Term[];
  readonly key: string;

  /** Throws DIMENSION_TOO_LARGE; arithmetic on expressions below the bounds stays cheap. */
  constructor(terms: readonly Term[]) {
    if (terms.length > MAX_TERMS)
      fail("DIMENSION_TOO_LARGE", { start: terms.slice(0, 3).map(termText).join(" + ") });
    this.terms = terms;
    this.key = terms.map(termText).join(" + ").replaceAll("+ -", "- ");
    if (this.key.length > MAX_KEY_LENGTH) fail("DIMENSION_TOO_LARGE", { start: this.key.slice(0, 60) });
  }

  toString(): string {
    return this.key;
  }
}

/** A named free dimension. */
export function symbol(name: string): DimExpression {
  return new DimExpression([{ coefficient: 1, atoms: [{ kind: "symbol", key: name, args: [] }] }]);
}

/** The name if `dim` is one bare symbol. */
export function symbolName(dim: Dim): string | undefined {
  if (typeof dim === "number" || dim.terms.length !== 1) return undefined;
  const [term] = dim.terms;
  const atom = term?.atoms[0];
  return term?.coefficient === 1 && term.atoms.length === 1 && atom?.kind === "symbol" ? atom.key : undefined;
}

export function dimKey(dim: Dim): string {
  return String(dim);
}

export function sameDim(a: Dim, b: Dim): boolean {
  return a === b || dimKey(a) === dimKey(b);
}

export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, axis) => sameDim(dim, b[axis] as Dim));
}

export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a + b;
  return fromTerms([...termsOf(a), ...termsOf(b)]);
}

export function subDims(a: Dim, b: Dim): Dim {
  return addDims(a, mulDims(b, -1));
}

export function mulDims(a: Dim, b: Dim): Dim {
  if (a === 0 || b === 0) return 0; // never -0
  if (a === 1) return b;
  if (b === 1) return a;
  if (typeof a === "number" && typeof b === "number") return a * b;
  const products: Term[] = [];
  for (const x of termsOf(a)) {
    for (const y of termsOf(b)) {
      const atoms = [...x.atoms, ...y.atoms].sort((left, right) => compare(left.key, right.key));
      products.push({ coefficient: x.coefficient * y.coefficient, atoms });
    }
  }
  return fromTerms(products);
}

/** Product of all sizes: the number of elements of a shape. */
export function productOf(dims: readonly Dim[]): Dim {
  return dims.reduce<Dim>((product, dim) => mulDims(product, dim), 1);
}

/** `a / b` if that is exact for every value of the symbols as far as the canonical form shows it. */
export function divideExactly(a: Dim, b: Dim): Dim | undefined {
  if (b === 0) return undefined;
  if (typeof a === "number" && typeof b === "number") return a % b === 0 ? a / b : undefined;
  if (sameDim(a, b)) return 1;
  const [divisor, ...others] = termsOf(b);
  if (!divisor || others.length > 0) return undefined;
  const quotients: Term[] = [];
  for (const term of termsOf(a)) {
    const quotient = divideTerm(term, divisor);
    if (!quotient) return undefined;
    quotients.push(quotient);
  }
  return fromTerms(quotients);
}

export function floorDivDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number" && b !== 0) return Math.floor(a / b);
  const exact = divideExactly(a, b);
  if (exact !== undefined) return exact;
  return typeof b === "number" && b > 0 ? floorDivByNumber(a, b) : functionOf("floordiv", [a, b]);
}

/** One form for what a chain of strides and PyTorch's own expressions of the same size come to. */
function floorDivByNumber(dim: Dim, divisor: number): Dim {
  const whole: Term[] = [];
  const rest: Term[] = [];
  for (const term of termsOf(dim)) {
    const multiple = term.coefficient % divisor === 0 || term.atoms.length === 0;
    const quotient = multiple ? Math.floor(term.coefficient / divisor) : 0;
    whole.push({ ...term, coefficient: quotient });
    rest.push({ ...term, coefficient: term.coefficient - quotient * divisor });
  }
  const left = fromTerms(rest);
  if (typeof left === "number") return fromTerms(whole); // less than the divisor
  // Of what is below zero only: floordiv(-x, n) is -floordiv(x + n - 1, n).
  if (left.terms.every(({ coefficient, atoms }) => atoms.length === 0 || coefficient < 0))
    return subDims(fromTerms(whole), floorDivDims(addDims(mulDims(left, -1), divisor - 1), divisor));
  const inner = nestedFloorDiv(left);
  const divided = inner
    ? floorDivDims(inner.dividend, inner.divisor * divisor)
    : functionOf("floordiv", [left, divisor]);
  return addDims(fromTerms(whole), divided);
}

/** floordiv(x, n) + k as x + n*k over n, which stand in one further floor division. */
function nestedFloorDiv(dim: DimExpression): { dividend: Dim; divisor: number } | undefined {
  const [term, constant] = dim.terms;
  const [atom, ...more] = term?.atoms ?? [];
  const simple = term?.coefficient === 1 && more.length === 0 && (constant?.atoms.length ?? 0) === 0;
  if (dim.terms.length > 2 || !simple || atom?.kind !== "floordiv") return undefined;
  const [dividend, divisor] = atom.args as [Dim, Dim]; // functions have two arguments
  if (typeof divisor !== "number" || divisor <= 0) return undefined;
  return { dividend: addDims(dividend, (constant?.coefficient ?? 0) * divisor), divisor };
}

/** Rounds up; `b` must be positive. */
export function ceilDivDims(a: Dim, b: Dim): Dim {
  if (b === 1) return a;
  return floorDivDims(subDims(addDims(a, b), 1), b);
}

/** By a fixed number it is a floor division too, so that sums of both have one form: x + mod(-x, 4) is a multiple of 4. */
export function modDims(a: Dim, b: Dim): Dim {
  if (b === 0) return functionOf("mod", [a, b]);
  if (typeof b === "number" && b > 0) return subDims(a, mulDims(floorDivDims(a, b), b));
  if (typeof a === "number" && typeof b === "number") return a - b * Math.floor(a / b);
  return divideExactly(a, b) !== undefined ? 0 : functionOf("mod", [a, b]);
}

export function maxDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return Math.max(a, b);
  return sameDim(a, b) ? a : functionOf("max", sortedPair(a, b));
}

export function minDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return Math.min(a, b);
  return sameDim(a, b) ? a : functionOf("min", sortedPair(a, b));
}

/** All symbols in `dim`, in order of appearance. */
export function symbolsIn(dim: Dim, found = new Set<string>()): Set<string> {
  for (const term of termsOf(dim)) {
    for (const atom of term.atoms) {
      if (atom.kind === "symbol") found.add(atom.key);
      for (const arg of atom.args) symbolsIn(arg, found);
    }
  }
  return found;
}

/** Replaces symbols; symbols that `lookup` does not know stay. With every symbol known the result is a number. */
export function substitute(dim: Dim, lookup: (name: string) => Dim | undefined): Dim {
  if (typeof dim === "number") return dim;
  return dim.terms.reduce<Dim>((sum, term) => {
    const product = term.atoms.reduce<Dim>(
      (value, atom) => mulDims(value, substituteAtom(atom, lookup)),
      term.coefficient,
    );
    return addDims(sum, product);
  }, 0);
}

function substituteAtom(atom: DimAtom, lookup: (name: string) => Dim | undefined): Dim {
  if (atom.kind === "symbol") return lookup(atom.key) ?? symbol(atom.key);
  const [a, b] = atom.args.map((arg) => substitute(arg, lookup)) as [Dim, Dim]; // functions have two arguments
  if (atom.kind === "floordiv") return floorDivDims(a, b);
  if (atom.kind === "mod") return modDims(a, b);
  return atom.kind === "max" ? maxDims(a, b) : minDims(a, b);
}

/** The terms of a dimension, for those who emit arithmetic from it. */
export function termsOf(dim: Dim): readonly Term[] {
  if (typeof dim !== "number") return dim.terms;
  return dim === 0 ? [] : [{ coefficient: dim, atoms: [] }];
}

/** `dim` as factor * symbol + offset with fixed factor and offset; undefined if it is not of that form. */
export function linearIn(dim: Dim, name: string): { factor: number; offset: number } | undefined {
  let factor = 0;
  let offset = 0;
  for (const term of termsOf(dim)) {
    const [atom, ...more] = term.atoms;
    if (!atom) offset = term.coefficient;
    else if (more.length === 0 && atom.kind === "symbol" && atom.key === name) factor = term.coefficient;
    else return undefined;
  }
  return factor === 0 ? undefined : { factor, offset };
}

function functionOf(kind: "floordiv" | "mod" | "max" | "min", args: readonly Dim[]): DimExpression {
  const key = `${kind}(${args.map(dimKey).join(", ")})`;
  return new DimExpression([{ coefficient: 1, atoms: [{ kind, key, args }] }]);
}

function fromTerms(terms: readonly Term[]): Dim {
  const byKey = new Map<string, Term>();
  for (const term of terms) {
    const key = atomsText(term.atoms);
    const known = byKey.get(key);
    byKey.set(key, { coefficient: term.coefficient + (known?.coefficient ?? 0), atoms: term.atoms });
  }
  const kept = [...byKey.entries()].filter(([, term]) => term.coefficient !== 0);
  if (kept.length === 0) return 0;
  const [only] = kept;
  if (only && kept.length === 1 && only[1].atoms.length === 0) return only[1].coefficient;
  kept.sort(([a], [b]) => (a === "" ? 1 : b === "" ? -1 : compare(a, b))); // the constant comes last
  return new DimExpression(kept.map(([, term]) => term));
}

function divideTerm(term: Term, divisor: Term): Term | undefined {
  const coefficient = term.coefficient / divisor.coefficient;
  if (!Number.isInteger(coefficient)) return undefined;
  const atoms = [...term.atoms];
  for (const atom of divisor.atoms) {
    const at = atoms.findIndex((candidate) => candidate.key === atom.key);
    if (at < 0) return undefined;
    atoms.splice(at, 1);
  }
  return { coefficient, atoms };
}

function sortedPair(a: Dim, b: Dim): readonly Dim[] {
  return compare(dimKey(a), dimKey(b)) <= 0 ? [a, b] : [b, a];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function atomsText(atoms: readonly DimAtom[]): string {
  return atoms.map((atom) => atom.key).join("*");
}

function termText(term: Term): string {
  if (term.atoms.length === 0) return String(term.coefficient);
  if (term.coefficient === 1) return atomsText(term.atoms);
  if (term.coefficient === -1) return `-${atomsText(term.atoms)}`;
  return `${term.coefficient}*${atomsText(term.atoms)}`;
}
