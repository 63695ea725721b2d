// What a rule has at hand while it emits one node: its inputs as TensorFlow values in the layout it works in, and the
// few constants and conversions that most rules need.
import { int64Tensor } from "../../graph/builder.ts";
import type { Dim } from "../../graph/dim.ts";
import type { Graph, Node } from "../../graph/graph.ts";
import type { DType } from "../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { AttributeValues, TfBuilder, TfOperator } from "../builder.ts";
import type { TfValue } from "../graph.ts";
import { identityLayout, inLayout, type Layout, physicalAxis } from "../layout/layout.ts";
import { NodeFacts } from "./node-facts.ts";
import type { ValueStore } from "./value-store.ts";

export class NodeLowering extends NodeFacts {
  readonly tf: TfBuilder;
  readonly values: ValueStore;
  /** The layout of the data inputs. */
  readonly layout: Layout;

  /** Emits a graph inside this node into another store. */
  readonly emitGraph: (graph: Graph, values: ValueStore) => void;

  constructor(
    node: Node,
    values: ValueStore,
    layout: Layout,
    emitGraph: (graph: Graph, values: ValueStore) => void,
  ) {
    super(node, values.typed);
    this.emitGraph = emitGraph;
    this.tf = values.tf;
    this.values = values;
    this.layout = layout;
  }

  /** An input in ONNX's order. */
  logical(input: number): TfValue {
    return this.in(input, identityLayout(this.rank(input)));
  }

  /** An input of one element, as a scalar. */
  single(input: number): TfValue {
    const value = this.logical(input);
    return this.rank(input) === 0 ? value : this.op("Reshape", [value, this.int64s([])]);
  }

  /** An input in a layout of the rule's choice. */
  in(input: number, layout: Layout): TfValue {
    return this.values.get(this.value(input), layout);
  }

  /** An input as deep as the layout the node works in, in that layout. */
  data(input = 0): TfValue {
    return this.in(input, withoutFoldOfOne(this.layout, this.shape(input)));
  }

  /**
   * An operand of an element-wise operator, in the layout the node works in. A shallower one gets axes of size 1 in
   * front; a constant loses those it does not need, so that a bias per channel is a vector.
   */
  operand(input: number): TfValue {
    const shape = this.shape(input);
    const missing = this.layout.perm.length - shape.length;
    const aligned = [...new Array<number>(Math.max(0, missing)).fill(1), ...shape];
    const layout = withoutFoldOfOne(this.layout, aligned);
    const tensor = this.constant(input);
    if (tensor) return this.constantOperand(input, tensor, aligned as number[], layout); // a constant's sizes are known
    if (missing <= 0) return this.in(input, layout);
    if (layout.perm.every((axis, index) => axis === index)) return this.logical(input);
    const deep = this.values.reshape(this.logical(input), aligned);
    return this.values.transpose(deep, aligned, layout.perm);
  }

  /** Where logical axis `axis`, which may count from the back, stands in the layout. */
  physical(axis: number): number {
    return physicalAxis(this.layout, this.axisOf(axis, this.layout.perm.length));
  }

  /** One entry per logical axis, put in the order in which the axes stand. */
  ordered<T>(perAxis: readonly T[]): T[] {
    return inLayout(perAxis, this.layout);
  }

  op(
    op: TfOperator,
    inputs: readonly (TfValue | readonly TfValue[])[],
    attributes: AttributeValues = {},
  ): TfValue {
    return this.tf.op(op, inputs, attributes);
  }

  /** A constant made for this node. */
  make(tensor: Tensor): TfValue {
    return this.values.constant(tensor, this.tf.scope ? `${this.tf.scope}/constant` : "constant");
  }

  scalar(dtype: DType, value: number): TfValue {
    return this.tf.constant(tensorOfNumbers(dtype, [], [value]));
  }

  int32s(values: readonly number[]): TfValue {
    return this.tf.constant(tensorOfNumbers("int32", [values.length], values));
  }

  int64s(values: readonly number[]): TfValue {
    return this.tf.constant(int64Tensor(values, [values.length]));
  }

  int32(value: number): TfValue {
    return this.scalar("int32", value);
  }

  int64(value: number): TfValue {
    return this.tf.constant(int64Tensor([value], []));
  }

  cast(value: TfValue, dtype: DType): TfValue {
    return value.dtype === dtype ? value : this.tf.op("Cast", [value], { DstT: dtype });
  }

  reshape(value: TfValue, dims: readonly Dim[]): TfValue {
    return this.values.reshape(value, dims);
  }

  /** `value` with its axes permuted; `shape` is its shape now. */
  transpose(value: TfValue, shape: readonly Dim[], perm: readonly number[]): TfValue {
    return this.values.transpose(value, shape, perm);
  }

  /** The whole of an axis but `[from, to)` of it; `to` undefined is the end. */
  slice(value: TfValue, rank: number, axis: number, from: number, to: number | undefined): TfValue {
    const begin = new Array<number>(rank).fill(0);
    const end = new Array<number>(rank).fill(0);
    begin[axis] = from;
    end[axis] = to ?? 0;
    const open = (1 << rank) - 1;
    return this.tf.op(
      "StridedSlice",
      [value, this.int32s(begin), this.int32s(end), this.int32s(new Array<number>(rank).fill(1))],
      { begin_mask: open & ~(1 << axis), end_mask: to === undefined ? open : open & ~(1 << axis) },
    );
  }

  private constantOperand(
    input: number,
    tensor: Tensor,
    aligned: readonly number[],
    layout: Layout,
  ): TfValue {
    const arranged = this.values.arranged(this.values.reshaped(tensor, aligned), layout);
    const othersAreDeep = this.node.inputs.some(
      (value, index) => value && !value.initializer && this.rank(index) === aligned.length,
    );
    const first = arranged.shape.findIndex((size) => size !== 1);
    const trimmed = first < 0 ? [] : arranged.shape.slice(first);
    const operand = othersAreDeep ? this.values.reshaped(arranged, trimmed) : arranged;
    return this.values.constant(operand, this.value(input).name);
  }
}

function withoutFoldOfOne(layout: Layout, shape: readonly Dim[]): Layout {
  return layout.folded && shape[layout.folded.axis] === 1 ? { perm: layout.perm } : layout;
}
