// Turns dimensions into int64 values: constants where they are static, else arithmetic over the sizes of the values
// in which the symbols stand.
// Invariant: one symbol has one source, the first value that was registered for it; results are made once per expression.
// Not here: the arithmetic on dimensions itself (graph/dim.ts).

import { int } from "../../graph/attribute.ts";
import type { GraphBuilder } from "../../graph/builder.ts";
import { type Dim, type DimAtom, dimKey, linearIn, sameDim, symbolsIn, termsOf } from "../../graph/dim.ts";
import type { Value } from "../../graph/graph.ts";

/** What a symbol is computed from: the size of an axis of a value that has that expression, or a scalar value itself. */
type Source =
  | { readonly value: Value; readonly axis: number; readonly expression: Dim }
  | { readonly scalar: Value };

export class UnknownSymbol extends Error {
  readonly symbol: string;

  constructor(symbol: string) {
    super(`no value of the graph tells the size ${symbol}`);
    this.name = "UnknownSymbol";
    this.symbol = symbol;
  }
}

export class DimEmitter {
  private readonly builder: GraphBuilder;
  private readonly sources = new Map<string, Source>();
  /** Int64 vectors of length one by dimension. */
  private readonly made = new Map<string, Value>();

  /** A body's emitter knows what the one of the graph around it knows; values made there are not shared back. */
  constructor(builder: GraphBuilder, outer?: DimEmitter) {
    this.builder = builder;
    if (outer) for (const [name, source] of outer.sources) this.sources.set(name, source);
  }

  /** Says that `value` has this shape, so that the symbols in it can be computed from it. */
  register(value: Value, shape: readonly Dim[]): void {
    for (const [axis, expression] of shape.entries()) {
      const symbols = [...symbolsIn(expression)];
      const [name] = symbols;
      if (name === undefined || symbols.length !== 1 || this.sources.has(name)) continue;
      if (linearIn(expression, name)) this.sources.set(name, { value, axis, expression });
    }
  }

  /** Says that the symbol is the contents of an int64 scalar. */
  registerScalar(name: string, scalar: Value): void {
    if (!this.sources.has(name)) this.sources.set(name, { scalar });
  }

  knows(dim: Dim): boolean {
    return [...symbolsIn(dim)].every((name) => this.sources.has(name));
  }

  /** int64[n], a constant if all dimensions are static. */
  vector(dims: readonly Dim[]): Value {
    if (dims.every((dim) => typeof dim === "number")) return this.builder.int64s(dims);
    if (dims.length === 1) return this.element(dims[0] as Dim); // there is one
    return this.builder.emit("Concat", this.runs(dims), { axis: int(0) });
  }

  /** int64 scalar. */
  scalar(dim: Dim): Value {
    if (typeof dim === "number") return this.builder.int64(dim);
    return this.builder.emit("Squeeze", [this.element(dim), this.builder.int64s([0])]);
  }

  /** Neighbouring static dimensions become one constant. */
  private runs(dims: readonly Dim[]): Value[] {
    const parts: Value[] = [];
    let run: number[] = [];
    const flush = () => {
      if (run.length > 0) parts.push(this.builder.int64s(run));
      run = [];
    };
    for (const dim of dims) {
      if (typeof dim === "number") run.push(dim);
      else {
        flush();
        parts.push(this.element(dim));
      }
    }
    flush();
    return parts;
  }

  /** int64[1]. */
  private element(dim: Dim): Value {
    if (typeof dim === "number") return this.builder.int64s([dim]);
    const key = dimKey(dim);
    const known = this.made.get(key);
    if (known) return known;
    const value = this.compute(dim);
    this.made.set(key, value);
    return value;
  }

  private compute(dim: Dim): Value {
    const direct = this.shapeHolding(dim);
    if (direct) return direct;
    const parts = termsOf(dim).map((term) => {
      const factors = term.atoms.map((atom) => this.atom(atom));
      if (term.coefficient !== 1 || factors.length === 0)
        factors.push(this.builder.int64s([term.coefficient]));
      return factors.reduce((a, b) => this.builder.emit("Mul", [a, b]));
    });
    return parts.reduce((a, b) => this.builder.emit("Add", [a, b]));
  }

  /** The size itself, if an axis that was registered has exactly this expression. */
  private shapeHolding(dim: Dim): Value | undefined {
    for (const source of this.sources.values()) {
      if ("axis" in source && sameDim(source.expression, dim)) return this.size(source.value, source.axis);
    }
    return undefined;
  }

  private size(value: Value, axis: number): Value {
    return this.builder.emit("Shape", [value], { start: int(axis), end: int(axis + 1) });
  }

  private atom(atom: DimAtom): Value {
    if (atom.kind === "symbol") return this.symbol(atom.key);
    const [a, b] = atom.args.map((arg) => this.element(arg)) as [Value, Value]; // functions have two arguments
    if (atom.kind === "max") return this.builder.emit("Max", [a, b]);
    if (atom.kind === "min") return this.builder.emit("Min", [a, b]);
    // Mod has the divisor's sign, and (a - a mod b) / b is exact, so both are Python's for either sign.
    const rest = this.builder.emit("Mod", [a, b]);
    if (atom.kind === "mod") return rest;
    return this.builder.emit("Div", [this.builder.emit("Sub", [a, rest]), b]);
  }

  private symbol(name: string): Value {
    const known = this.made.get(name);
    if (known) return known;
    const value = this.solve(name);
    this.made.set(name, value);
    return value;
  }

  /** The symbol from the size it stands in: size = factor * symbol + offset. */
  private solve(name: string): Value {
    const source = this.sources.get(name);
    if (!source) throw new UnknownSymbol(name);
    if ("scalar" in source) return this.builder.emit("Reshape", [source.scalar, this.builder.int64s([1])]);
    const { factor, offset } = linearIn(source.expression, name) ?? { factor: 1, offset: 0 };
    let size = this.size(source.value, source.axis);
    if (offset !== 0) size = this.builder.emit("Sub", [size, this.builder.int64s([offset])]);
    return factor === 1 ? size : this.builder.emit("Div", [size, this.builder.int64s([factor])]);
  }
}

/**
 * The second input of Reshape from shape `from` to shape `to`: 0 (copy the input's size) and one -1 in place of symbolic
 * sizes where that is provable; undefined where more than one size would have to be computed.
 */
export function reshapeTarget(from: readonly Dim[], to: readonly Dim[]): readonly number[] | undefined {
  if (to.some((dim) => dim === 0)) return undefined;
  const open = to.flatMap((dim, axis) => (typeof dim === "number" ? [] : [axis]));
  const copied = open.filter((axis) => axis < from.length && sameDim(from[axis] as Dim, to[axis] as Dim));
  const computed = open.filter((axis) => !copied.includes(axis));
  if (computed.length > 1) return undefined;
  return to.map((dim, axis) => {
    if (typeof dim === "number") return dim;
    return copied.includes(axis) ? 0 : -1;
  });
}
