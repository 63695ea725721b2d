// A node that is being expanded: its inputs and attributes by place and name, and the operators that expansions share.
import { type Attribute, int, ints } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import { onnxNumber } from "../../../tensor/onnx-dtypes.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import {
  type Draft,
  floatOf,
  floatsOf,
  intOf,
  intsOf,
  stringOf,
  type UpgradeContext,
} from "../upgrade/upgrade.ts";

export class NodeCall {
  readonly draft: Draft;
  readonly context: UpgradeContext;

  constructor(draft: Draft, context: UpgradeContext) {
    this.draft = draft;
    this.context = context;
  }

  input(index: number): Value | undefined {
    return this.draft.inputs[index];
  }

  constant(index: number): Tensor | undefined {
    return this.draft.inputs[index]?.initializer;
  }

  /** Whether somebody takes the output. */
  wants(index: number): boolean {
    const output = this.draft.outputs[index];
    return output !== undefined && this.context.isUsed(output);
  }

  rank(value: Value | undefined): number | undefined {
    return this.context.rankOf(value);
  }

  dtype(value: Value | undefined): DType | undefined {
    return this.context.dtypeOf(value);
  }

  int(name: string, fallback: number): number {
    return intOf(this.draft, name, fallback);
  }

  float(name: string, fallback: number): number {
    return floatOf(this.draft, name) ?? fallback;
  }

  string(name: string, fallback = ""): string {
    return stringOf(this.draft, name, fallback);
  }

  ints(name: string): readonly number[] | undefined {
    return intsOf(this.draft, name);
  }

  floats(name: string): readonly number[] | undefined {
    return floatsOf(this.draft, name);
  }

  /** The node's attributes but these. */
  attributesWithout(...names: readonly string[]): Readonly<Record<string, Attribute>> {
    return Object.fromEntries([...this.draft.attributes].filter(([name]) => !names.includes(name)));
  }

  op(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    return this.context.builder.emit(op, inputs, attributes);
  }

  ops(
    op: string,
    outputs: number,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value[] {
    return this.context.builder.emitAll(op, inputs, attributes, { outputs });
  }

  int64s(values: readonly number[]): Value {
    return this.context.builder.int64s(values);
  }

  scalar(dtype: DType, value: number): Value {
    return this.context.builder.constant(tensorOfNumbers(dtype, [], [value]));
  }

  /** A number in the dtype of a value, which may be known only when types are inferred. */
  like(value: Value | undefined, number: number): Value {
    const dtype = this.dtype(value);
    return dtype ? this.scalar(dtype, number) : this.op("CastLike", [this.scalar("float32", number), value]);
  }

  cast(value: Value | undefined, dtype: DType): Value {
    return this.op("Cast", [value], { to: int(onnxNumber(dtype)) });
  }

  /** The sum of those that are there. */
  sum(...values: readonly (Value | undefined)[]): Value | undefined {
    return values.reduce(
      (sum, value) => (sum && value ? this.op("Add", [sum, value]) : (sum ?? value)),
      undefined,
    );
  }

  /** The value times a number. */
  scaled(value: Value, factor: number): Value {
    return factor === 1 ? value : this.op("Mul", [value, this.like(value, factor)]);
  }

  /** The last two axes change places. */
  matrixTransposed(value: Value | undefined): Value {
    const rank = this.rank(value);
    if (rank === undefined)
      return this.op("Einsum", [value], { equation: { kind: "string", value: "...ij->...ji" } });
    const perm = [...new Array(rank).keys()];
    return this.op("Transpose", [value], { perm: ints([...perm.slice(0, -2), rank - 1, rank - 2]) });
  }

  /** Sizes copied from the value for 0, found for -1. */
  reshape(value: Value, shape: readonly number[]): Value {
    return this.op("Reshape", [value, this.int64s(shape)]);
  }

  transpose(value: Value, perm: readonly number[]): Value {
    return this.op("Transpose", [value], { perm: ints(perm) });
  }

  /** One size of a value, as a vector of one int64. */
  size(value: Value | undefined, axis: number): Value {
    return this.op("Shape", [value], { start: int(axis), end: int(axis + 1) });
  }

  softmax(value: Value): Value {
    return this.op("Softmax", [value], { axis: int(-1) });
  }

  /** Gelu by the error function, or by tanh. */
  gelu(value: Value | undefined, approximate: "none" | "tanh" = "none"): Value {
    return this.op("Gelu", [value], { approximate: { kind: "string", value: approximate } });
  }
}
