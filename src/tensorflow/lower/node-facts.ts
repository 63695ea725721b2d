// What a rule may know of a node before anything is emitted: types, shapes, constants, attributes.

import type { Dim } from "../../graph/dim.ts";
import { attributeOf, type Node, type Value } from "../../graph/graph.ts";
import type { RankedType, TypedGraph } from "../../graph/typed-graph.ts";
import type { DType } from "../../tensor/dtype.ts";
import { numbersOf } from "../../tensor/numbers.ts";
import type { Tensor } from "../../tensor/tensor.ts";

export class NodeFacts {
  readonly node: Node;
  readonly typed: TypedGraph;

  constructor(node: Node, typed: TypedGraph) {
    this.node = node;
    this.typed = typed;
  }

  has(input: number): boolean {
    return this.node.inputs[input] !== undefined;
  }

  /** The ONNX value of an input; an absent one is a mistake of the caller. */
  value(input: number): Value {
    const value = this.node.inputs[input];
    if (!value) throw new TypeError(`${this.node.operator} has no input ${input}`);
    return value;
  }

  type(input: number): RankedType {
    return this.typed.typeOf(this.value(input));
  }

  shape(input: number): readonly Dim[] {
    return this.type(input).shape;
  }

  rank(input: number): number {
    return this.shape(input).length;
  }

  dtype(input: number): DType {
    return this.type(input).dtype;
  }

  /** Whether somebody asked for that output. */
  wants(output: number): boolean {
    return this.node.outputs[output] !== undefined;
  }

  outputType(output = 0): RankedType {
    const value = this.node.outputs[output];
    if (!value) throw new TypeError(`${this.node.operator} has no output ${output}`);
    return this.typed.typeOf(value);
  }

  outputShape(output = 0): readonly Dim[] {
    return this.outputType(output).shape;
  }

  outputRank(output = 0): number {
    return this.outputShape(output).length;
  }

  /** The input's constant, if it is one. */
  constant(input: number): Tensor | undefined {
    return this.node.inputs[input]?.initializer;
  }

  /** Elements of a small integer input as far as they are known, symbolically. */
  contents(input: number): readonly Dim[] | undefined {
    const value = this.node.inputs[input];
    return value ? this.typed.contentsOf(value) : undefined;
  }

  /** Elements of a numeric input, if all are known at conversion. Floats only from constants. */
  numbers(input: number): number[] | undefined {
    const tensor = this.constant(input);
    if (tensor) return numbersOf(tensor);
    const contents = this.contents(input);
    return contents?.every((dim) => typeof dim === "number") ? ([...contents] as number[]) : undefined;
  }

  int(name: string, fallback: number): number {
    return attributeOf(this.node, name, "int") ?? fallback;
  }

  ints(name: string): readonly number[] | undefined {
    return attributeOf(this.node, name, "ints");
  }

  float(name: string, fallback: number): number {
    return attributeOf(this.node, name, "float") ?? fallback;
  }

  string(name: string, fallback: string): string {
    return attributeOf(this.node, name, "string") ?? fallback;
  }

  /** An axis counted from the front. */
  axisOf(axis: number, rank: number): number {
    return axis < 0 ? axis + rank : axis;
  }

  /** Attribute `axis` counted from the front of the first input's shape. */
  axis(fallback: number): number {
    return this.axisOf(this.int("axis", fallback), this.rank(0));
  }
}
