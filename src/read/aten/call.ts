// A call with the values of the graph being built: what a rule's `emit` works with.
// Invariant: emitted values have exactly the declared dtype; complex tensors are real ones with a last axis of 2 (re, im).
// Not here: looking at arguments only (argument.ts), arithmetic on sizes (emit-dims.ts).

import { type Attribute, int } from "../../graph/attribute.ts";
import type { EmitOptions, GraphBuilder } from "../../graph/builder.ts";
import { type Dim, productOf, sameDim, sameShape } from "../../graph/dim.ts";
import type { Graph, Value } from "../../graph/graph.ts";
import type { ValueType } from "../../graph/type.ts";
import { type DType, isComplex } from "../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import { onnxNumber } from "../../tensor/onnx-dtypes.ts";
import type { Tensor } from "../../tensor/tensor.ts";

import type { TorchExtensions } from "../extensions.ts";
import { Facts, Refusal, type TypesAndStrides } from "./argument.ts";
import { type DimEmitter, reshapeTarget } from "./emit-dims.ts";
import type { AtenCall, AtenGraph } from "./program.ts";
import type { Operand } from "./promote.ts";
import { schemaOf } from "./schema.ts";

/** What all calls of a graph share. */
export interface Scope {
  readonly builder: GraphBuilder;
  readonly dims: DimEmitter;
  readonly graph: TypesAndStrides;
  /** Names of values that somebody uses. */
  readonly used: ReadonlySet<string>;
  /** The value of a name of the program; throws Refusal if nothing computes it. */
  valueOf(name: string): Value;
  /** An empty body for an operator such as `cond` or `while_loop`. */
  openBody(): Body;
  /** Lowers a graph's calls in place, over these operands; its results. */
  inline(graph: AtenGraph, operands: readonly Value[]): Value[];
  /** Constants that several calls use, by what they are. */
  readonly shared: Map<string, Value>;
  /** Operators that are not in the tables. */
  readonly extensions: TorchExtensions | undefined;
}

/** A graph within the graph, which reads the values around it. */
export interface Body {
  readonly graph: Graph;
  /** A new input; its type is the one that `run` declares for it where none is given. */
  input(type?: ValueType): Value;
  /** Lowers a graph's calls in the body, over these operands; its results. */
  run(graph: AtenGraph, operands: readonly Value[]): Value[];
  /** Adds an output: the value, or a copy if it is not computed here or is an output already. */
  output(value: Value): void;
}

export class Call extends Facts {
  private readonly scope: Scope;

  constructor(call: AtenCall, scope: Scope) {
    super(call, scope.graph, scope.extensions?.schemaOf(call.target) ?? schemaOf(call.target));
    this.scope = scope;
  }

  get builder(): GraphBuilder {
    return this.scope.builder;
  }

  get dimEmitter(): DimEmitter {
    return this.scope.dims;
  }

  /** Whether anybody uses the i-th result; what nobody uses need not be computed. */
  wants(index: number): boolean {
    const name = this.outputNames()[index];
    return name !== undefined && this.scope.used.has(name);
  }

  tensor(name: string): Value {
    const argument = this.argument(name);
    if (argument.kind === "tensor") return this.scope.valueOf(argument.value);
    throw new Refusal(`its argument ${name} is no tensor`);
  }

  optional(name: string): Value | undefined {
    return this.has(name) ? this.tensor(name) : undefined;
  }

  /** The values of a list of tensors. */
  tensors(name: string): Value[] {
    return this.names(name).flatMap((value) => (value === undefined ? [] : [this.scope.valueOf(value)]));
  }

  /** As `tensors`, with undefined where the list holds None. */
  optionalTensors(name: string): (Value | undefined)[] {
    return this.names(name).map((value) => (value === undefined ? undefined : this.scope.valueOf(value)));
  }

  /** The argument's contents, if it is a weight. */
  constant(name: string): Tensor | undefined {
    return this.argument(name).kind === "tensor" ? this.tensor(name).initializer : undefined;
  }

  /** A scalar as a value: numbers as float64, bools as they are. */
  scalarValue(name: string): Value {
    const argument = this.argument(name);
    if (argument.kind === "symbol" || argument.kind === "tensor") return this.scope.valueOf(argument.value);
    return this.as(name, argument.kind === "bool" ? "bool" : "float64");
  }

  /** A graph given as an argument. */
  bodyGraph(name: string): AtenGraph {
    const argument = this.argument(name);
    if (argument.kind !== "graph") throw new Refusal(`its argument ${name} is no graph`);
    return argument.value;
  }

  openBody(): Body {
    return this.scope.openBody();
  }

  /** Lowers a graph's calls in place, over these operands; its results. */
  inline(graph: AtenGraph, operands: readonly Value[]): Value[] {
    return this.scope.inline(graph, operands);
  }

  /** A body given as an argument, over these operands, with its results as outputs. */
  body(name: string, operands: readonly Value[]): Graph {
    const body = this.openBody();
    for (const value of body.run(this.bodyGraph(name), operands)) body.output(value);
    return body.graph;
  }

  /** One ONNX node with one output. */
  op(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: EmitOptions = {},
  ): Value {
    return this.builder.emit(op, inputs, attributes, options);
  }

  /** A scalar constant. */
  number(value: number, dtype: DType): Value {
    const key = `${dtype} ${Object.is(value, -0) ? "-0" : value}`;
    return this.once(key, () => this.builder.constant(tensorOfNumbers(dtype, [], [value])));
  }

  /** A value that is made once for all calls that ask by this key. */
  once(key: string, make: () => Value): Value {
    const known = this.scope.shared.get(key);
    if (known) return known;
    const made = make();
    this.scope.shared.set(key, made);
    return made;
  }

  /** A constant vector or matrix. */
  table(dtype: DType, shape: readonly number[], values: ArrayLike<number>): Value {
    return this.builder.constant(tensorOfNumbers(dtype, shape, values));
  }

  cast(value: Value, from: DType, to: DType): Value {
    return from === to ? value : this.op("Cast", [value], { to: int(onnxNumber(to)) });
  }

  /** What type promotion needs to know of an argument that is a tensor or a number. */
  operand(name: string): Operand {
    const argument = this.argument(name);
    if (argument.kind === "tensor") {
      const type = this.typeOf(argument.value);
      return { dtype: type.dtype, rank: type.shape.length > 0 ? "dims" : "scalar" };
    }
    if (argument.kind === "complex") return { dtype: "complex64", rank: "number" };
    const { kind } = this.scalar(name);
    return {
      dtype:
        kind === "bool" ? "bool" : kind === "float" ? "float32" : kind === "symbol" ? "float32" : "int64",
      rank: "number",
    };
  }

  /** A tensor or number argument in a dtype. */
  as(name: string, dtype: DType): Value {
    const argument = this.argument(name);
    if (argument.kind === "tensor")
      return this.cast(this.tensor(name), this.typeOf(argument.value).dtype, dtype);
    const scalar = this.scalar(name);
    if (scalar.kind === "symbol") return this.cast(this.scope.valueOf(scalar.value), "float64", dtype);
    if (scalar.kind === "dim") return this.cast(this.scope.dims.scalar(scalar.value), "int64", dtype);
    return this.number(scalar.value, dtype);
  }

  /** An int64 vector of these sizes. */
  vector(dims: readonly Dim[]): Value {
    return this.scope.dims.vector(dims);
  }

  /** `value` of shape `from` in shape `to`, which has as many elements. */
  reshape(value: Value, from: readonly Dim[], to: readonly Dim[]): Value {
    if (sameShape(from, to)) return value;
    // Where only a run tells whether the elements fit, all sizes are stated, so that it ends if they do not.
    const target = sameDim(productOf(from), productOf(to)) ? reshapeTarget(from, to) : undefined;
    if (target) return this.op("Reshape", [value, this.builder.int64s(target)]);
    // A size that nothing tells yet is what the others leave.
    const { dims } = this.scope;
    const isLeft = to.filter((dim) => !dims.knows(dim)).length === 1;
    const sizes = isLeft ? to.map((dim) => (dims.knows(dim) ? dim : -1)) : to;
    return this.op("Reshape", [value, this.vector(sizes)], { allowzero: int(1) });
  }

  /** `value` of shape `from` broadcast to shape `to`. */
  expand(value: Value, from: readonly Dim[], to: readonly Dim[]): Value {
    if (sameShape(from, to)) return value;
    const lead = to.length - from.length;
    const target = to.map((dim, axis) => (axis >= lead && sameDim(dim, from[axis - lead] as Dim) ? 1 : dim));
    // ONNX Runtime takes an expansion to nothing for none at all.
    const emptied = target.flatMap((dim, axis) => (dim === 0 && axis >= lead ? [axis - lead] : []));
    const cut = emptied.reduce((part, axis) => this.slice(part, axis, 0, 0), value);
    const rest = target.map((dim, axis) => (dim === 0 && axis >= lead ? 1 : dim));
    return rest.every((dim) => dim === 1) && lead === 0 ? cut : this.op("Expand", [cut, this.vector(rest)]);
  }

  unsqueeze(value: Value, ...axes: readonly number[]): Value {
    return this.op("Unsqueeze", [value, this.builder.int64s(axes)]);
  }

  squeeze(value: Value, ...axes: readonly number[]): Value {
    return this.op("Squeeze", [value, this.builder.int64s(axes)]);
  }

  transpose(value: Value, perm: readonly number[]): Value {
    if (perm.every((axis, index) => axis === index)) return value;
    return this.op("Transpose", [value], { perm: { kind: "ints", value: perm } });
  }

  /** Sum, mean, maximum, ... over axes. */
  reduce(op: string, value: Value, axes: readonly number[], keep: boolean): Value {
    if (axes.length === 0) return value;
    return this.op(op, [value, this.builder.int64s(axes)], { keepdims: int(keep ? 1 : 0) });
  }

  /** `a` where the condition holds, else `b`; both of this dtype. */
  choose(condition: Value, a: Value, b: Value, dtype: DType): Value {
    if (dtype !== "bool") return this.op("Where", [condition, a, b]);
    const otherwise = this.op("And", [this.op("Not", [condition]), b]);
    return this.op("Or", [this.op("And", [condition, a]), otherwise]);
  }

  /** Shape of the real tensor that stands for an argument: a complex one has a last axis of 2. */
  realShapeOf(name: string): readonly Dim[] {
    const { dtype, shape } = this.type(name);
    return realShape(dtype, shape);
  }

  /** Shape of the real tensor that stands for a result. */
  realResult(index = 0): readonly Dim[] {
    const { dtype, shape } = this.result(index);
    return realShape(dtype, shape);
  }

  /** Elements [start, end) of one axis; sizes may be symbolic. */
  slice(value: Value, axis: number, start: Dim, end: Dim, step = 1): Value {
    return this.op("Slice", [
      value,
      this.vector([start]),
      this.vector([end]),
      this.builder.int64s([axis]),
      ...(step === 1 ? [] : [this.builder.int64s([step])]),
    ]);
  }
}

/** The shape of the real tensor that stands for a tensor of this type. */
export function realShape(dtype: DType, shape: readonly Dim[]): readonly Dim[] {
  return isComplex(dtype) ? [...shape, 2] : shape;
}

/** The element type of the real tensor that stands for a tensor of this dtype. */
export function realDType(dtype: DType): DType {
  if (dtype === "complex64") return "float32";
  return dtype === "complex128" ? "float64" : dtype;
}
