// The values lowered so far: each ONNX value as a TensorFlow value in some layout, brought into other layouts on demand
// and at most once. Constants are permuted at conversion; a move of axes of size 1 is a Reshape, any other a Transpose.
// Also sizes that only running tells: an int64 scalar for a symbolic dimension, found on a value that has it.
// Not here: which layout a node works in (layout/assign-layouts.ts).

import { int64Tensor } from "../../graph/builder.ts";
import { type Dim, type DimAtom, dimKey, linearIn, symbol, symbolsIn, termsOf } from "../../graph/dim.ts";
import type { Value } from "../../graph/graph.ts";
import type { TypedGraph } from "../../graph/typed-graph.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { movesOnlyOnes, reshaped, transposed } from "../../tensor/transpose.ts";
import type { TfBuilder } from "../builder.ts";
import type { TfValue } from "../graph.ts";
import {
  identityLayout,
  inLayout,
  type Layout,
  layoutKey,
  permutationBetween,
  sameLayout,
  unfold,
} from "../layout/layout.ts";
import { scopeOf } from "../node-names.ts";

/** Floats from this size on are variables; smaller ones and small integers stay in the graph, where they are folded. */
const VARIABLE_MIN_BYTES = 1024;
/** Integers are often indices that the graph optimiser wants to see; from this size on they are weights. */
const INTEGER_VARIABLE_MIN_BYTES = 64 * 1024;

interface Lowered {
  readonly value: TfValue;
  readonly layout: Layout;
}

interface Outer {
  readonly store: ValueStore;
  /** Brings a value of the graph around into this one. */
  capture(value: TfValue): TfValue;
}

export class ValueStore {
  readonly tf: TfBuilder;
  readonly typed: TypedGraph;
  private readonly lowered = new Map<Value, Lowered>();
  private readonly converted = new Map<Value, Map<string, TfValue>>();
  private readonly permuted = new Map<Tensor, Map<string, Tensor>>();
  /** By dimension, a value and the logical axis that has that size. */
  private readonly sizeSources = new Map<string, { readonly value: Value; readonly axis: number }>();
  /** By dimension, the element of an integer vector that holds it. */
  private readonly numberSources = new Map<string, { readonly vector: Value; readonly at: number }>();
  /** By symbol, a size that is a multiple of it and something more, from which it can be told. */
  private readonly multiples = new Map<string, Dim>();
  private readonly sizes = new Map<string, TfValue>();
  private readonly shapes = new Map<TfValue, TfValue>();

  private readonly outer: Outer | undefined;

  /** `outer` is where the body of a branch or a loop finds what it does not compute itself. */
  constructor(tf: TfBuilder, typed: TypedGraph, outer?: Outer) {
    this.tf = tf;
    this.typed = typed;
    this.outer = outer;
  }

  /** Remembers what a value has become, and in which layout. */
  set(value: Value, lowered: TfValue, layout: Layout): void {
    this.lowered.set(value, { value: lowered, layout });
    for (const [axis, size] of this.typed.typeOf(value).shape.entries()) {
      const key = dimKey(size);
      if (typeof size === "number" || this.sizeSources.has(key)) continue;
      this.sizeSources.set(key, { value, axis });
      for (const name of symbolsIn(size))
        if (linearIn(size, name) && !this.multiples.has(name)) this.multiples.set(name, size);
    }
  }

  /** Remembers that the elements of `vector` are these sizes, for those that no value made so far has. */
  tellSizes(sizes: readonly Dim[], vector: Value): void {
    for (const [at, size] of sizes.entries())
      if (typeof size !== "number") this.numberSources.set(dimKey(size), { vector, at });
  }

  has(value: Value): boolean {
    return (
      value.initializer !== undefined || this.lowered.has(value) || (this.outer?.store.has(value) ?? false)
    );
  }

  /** The value with its axes in the order of `layout`. */
  get(value: Value, layout: Layout): TfValue {
    if (value.initializer) return this.constant(this.arranged(value.initializer, layout), value.name);
    const lowered = this.lowered.get(value) ?? this.fromOutside(value);
    if (sameLayout(lowered.layout, layout)) return lowered.value;
    const forms = this.converted.get(value) ?? new Map<string, TfValue>();
    this.converted.set(value, forms);
    const key = layoutKey(layout);
    const known = forms.get(key);
    if (known) return known;
    const form = this.convert(lowered, this.typed.typeOf(value).shape, layout);
    forms.set(key, form);
    return form;
  }

  /** A constant of the model: a variable if it is a weight, else part of the graph. */
  constant(tensor: Tensor, name: string): TfValue {
    const least = isFloat(tensor.dtype) ? VARIABLE_MIN_BYTES : INTEGER_VARIABLE_MIN_BYTES;
    const weight = tensor.byteLength >= least && tensor.dtype !== "string";
    if (weight && this.outer) return this.outer.capture(this.outer.store.constant(tensor, name));
    return weight ? this.tf.variable(tensor, scopeOf(name) || "weight") : this.tf.constant(tensor);
  }

  /** A constant's tensor in another layout; the same object for the same question. */
  arranged(tensor: Tensor, layout: Layout): Tensor {
    if (sameLayout(layout, identityLayout(tensor.shape.length))) return tensor;
    const forms = this.permuted.get(tensor) ?? new Map<string, Tensor>();
    this.permuted.set(tensor, forms);
    const key = layoutKey(layout);
    const form = forms.get(key) ?? arrange(tensor, layout);
    forms.set(key, form);
    return form;
  }

  /** A constant's tensor under another shape; the same object for the same question. */
  reshaped(tensor: Tensor, shape: readonly number[]): Tensor {
    const forms = this.permuted.get(tensor) ?? new Map<string, Tensor>();
    this.permuted.set(tensor, forms);
    const key = `[${shape}]`;
    const form = forms.get(key) ?? reshaped(tensor, shape);
    forms.set(key, form);
    return form;
  }

  /** An int64 scalar. */
  dim(dim: Dim): TfValue {
    if (typeof dim === "number") return this.tf.constant(int64Tensor([dim], []));
    const key = dimKey(dim);
    const known = this.sizes.get(key);
    if (known) return known;
    const source = this.sizeSources.get(key);
    const size = source ? this.sizeOf(source.value, source.axis) : (this.number(key) ?? this.arithmetic(dim));
    this.sizes.set(key, size);
    return size;
  }

  /** An int64 vector of sizes. */
  dims(dims: readonly Dim[]): TfValue {
    if (dims.every((dim) => typeof dim === "number")) {
      return this.tf.constant(int64Tensor(dims as number[], [dims.length]));
    }
    return this.tf.op("Pack", [dims.map((dim) => this.dim(dim))]);
  }

  /** `value` with other sizes; one free size, or the one that nothing tells, is left to TensorFlow. */
  reshape(value: TfValue, dims: readonly Dim[]): TfValue {
    const free = dims.filter((dim) => typeof dim !== "number");
    const untold = free.length > 1 ? free.filter((dim) => !this.isTold(dim)) : free;
    const leave = untold.length === 1 && !dims.includes(0) ? untold[0] : undefined;
    const sizes = dims.map((dim) => (dim === leave ? -1 : dim));
    return this.tf.op("Reshape", [value, this.dims(sizes)]);
  }

  /** `value`, whose shape is `shape`, with its axes permuted. */
  transpose(value: TfValue, shape: readonly Dim[], perm: readonly number[]): TfValue {
    if (perm.every((axis, index) => axis === index)) return value;
    const moved = perm.map((axis) => shape[axis] as Dim);
    if (movesOnlyOnes(shape, perm)) return this.reshape(value, moved);
    return this.tf.op("Transpose", [value, this.tf.constant(tensorOfNumbers("int32", [perm.length], perm))]);
  }

  private isTold(dim: Dim): boolean {
    try {
      this.dim(dim);
      return true;
    } catch (error) {
      if (error instanceof UnknownSize) return false;
      throw error;
    }
  }

  private fromOutside(value: Value): Lowered {
    if (!this.outer?.store.has(value)) throw new NotLowered(value.name);
    const layout = identityLayout(this.typed.typeOf(value).shape.length);
    this.set(value, this.outer.capture(this.outer.store.get(value, layout)), layout);
    return this.lowered.get(value) as Lowered; // just set
  }

  private convert(from: Lowered, shape: readonly Dim[], to: Layout): TfValue {
    const folds = [from.layout.folded, to.folded].filter((folded) => folded !== undefined);
    const source = unfold(shape, from.layout, folds);
    const target = unfold(shape, to, folds);
    const stands = source.perm.map((axis) => source.shape[axis] as Dim);
    const apart = folds.length > 0 ? this.reshape(from.value, stands) : from.value;
    const moved = this.transpose(apart, stands, permutationBetween(source.perm, target.perm));
    return folds.length > 0 ? this.reshape(moved, inLayout(shape, to)) : moved;
  }

  private sizeOf(value: Value, axis: number): TfValue {
    const lowered = this.lowered.get(value);
    const plain = lowered && !lowered.layout.folded ? lowered : undefined;
    const tensor = plain?.value ?? this.get(value, identityLayout(this.typed.typeOf(value).shape.length));
    const at = plain ? plain.layout.perm.indexOf(axis) : axis;
    const shape = this.shapes.get(tensor) ?? this.tf.op("Shape", [tensor], { out_type: "int64" });
    this.shapes.set(tensor, shape);
    return this.tf.op("StridedSlice", [shape, this.vector([at]), this.vector([at + 1]), this.vector([1])], {
      shrink_axis_mask: 1,
    });
  }

  /** A size that a vector was told to hold. */
  private number(key: string): TfValue | undefined {
    const source = this.numberSources.get(key);
    if (!source) return undefined;
    const vector = this.get(source.vector, identityLayout(1));
    const range = [this.vector([source.at]), this.vector([source.at + 1]), this.vector([1])];
    return this.tf.op("StridedSlice", [vector, ...range], { shrink_axis_mask: 1 });
  }

  private vector(values: readonly number[]): TfValue {
    return this.tf.constant(tensorOfNumbers("int32", [values.length], values));
  }

  /** Sums, products and functions of sizes, in int64. */
  private arithmetic(dim: Exclude<Dim, number>): TfValue {
    const terms = termsOf(dim).map((term) => {
      const atoms = term.atoms.map((atom) => this.atom(atom, dim));
      const factors =
        term.coefficient === 1 && atoms.length > 0 ? atoms : [...atoms, this.dim(term.coefficient)];
      return factors.reduce((product, factor) => this.tf.op("Mul", [product, factor]));
    });
    return terms.reduce((sum, term) => this.tf.op("AddV2", [sum, term]));
  }

  private atom(atom: DimAtom, whole: Dim): TfValue {
    if (atom.kind === "symbol") {
      const known = this.sizeSources.get(atom.key);
      const multiple = known ? undefined : this.multiples.get(atom.key);
      if (multiple !== undefined) return this.solved(multiple, atom.key);
      if (!known && this.outer) return this.outer.capture(this.outer.store.dim(symbol(atom.key)));
      if (!known) throw new UnknownSize(dimKey(whole));
      return this.dim(this.typed.typeOf(known.value).shape[known.axis] as Dim);
    }
    const [a, b] = atom.args.map((arg) => this.dim(arg)) as [TfValue, TfValue]; // functions have two arguments
    const op = { floordiv: "FloorDiv", mod: "FloorMod", max: "Maximum", min: "Minimum" } as const;
    return this.tf.op(op[atom.kind], [a, b]);
  }

  /** The symbol of a size that is factor * symbol + offset. */
  private solved(size: Dim, name: string): TfValue {
    const { factor, offset } = linearIn(size, name) ?? { factor: 1, offset: 0 };
    const rest = offset === 0 ? this.dim(size) : this.tf.op("Sub", [this.dim(size), this.dim(offset)]);
    return factor === 1 ? rest : this.tf.op("FloorDiv", [rest, this.dim(factor)]);
  }
}

/** Thrown when a value is wanted that no node made, because the node that makes it was refused. */
export class NotLowered extends Error {
  constructor(value: string) {
    super(`value ${value} is used before it is made`);
  }
}

/** Thrown when a size is needed that no value made so far has. */
export class UnknownSize extends Error {
  constructor(dim: string) {
    super(`the size ${dim} cannot be told from the values computed before`);
  }
}

function arrange(tensor: Tensor, layout: Layout): Tensor {
  const folds = layout.folded ? [layout.folded] : [];
  const target = unfold(tensor.shape, layout, folds);
  const apart = reshaped(tensor, target.shape as number[]); // a constant's sizes are numbers
  return reshaped(transposed(apart, target.perm), inLayout(tensor.shape, layout));
}
