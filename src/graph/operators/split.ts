// Split into given or equal sizes. Source: https://onnx.ai/onnx/operators/onnx__Split.html
// With num_outputs that does not divide, the last part is smaller.

import { contiguousStrides } from "../../tensor/gather-strided.ts";
import { int } from "../attribute.ts";
import { ceilDivDims, type Dim, mulDims, subDims } from "../dim.ts";
import { pick } from "../evaluate/layout.ts";
import { IllTyped, type InferContext, type OperatorDefinition } from "./definition.ts";
import { axisOf, numbersOnly, result } from "./shapes.ts";

export const SPLIT: OperatorDefinition = {
  op: "Split",
  since: 18,
  attributes: { axis: int(0), num_outputs: "int" },
  passesOn: () => ({ input: 0 }),
  infer: (context) => {
    const type = context.type(0);
    const count = context.node.outputs.length;
    if (!type) return [];
    const { shape } = type;
    if (!shape) return Array.from({ length: count }, () => result(type.dtype, undefined));
    const axis = axisOf(context.int("axis"), shape.length);
    const sizes = partSizes(context, shape[axis] ?? 1, count);
    let start: number | undefined = 0;
    return sizes.map((size) => {
      const part = shape.map((dim, at) => (at === axis ? size : dim));
      const inferred = result(type.dtype, part, contents(context, part, axis, start));
      start = typeof size === "number" && start !== undefined ? start + size : undefined;
      return inferred;
    });
  },
};

function partSizes(context: InferContext, whole: Dim, count: number): readonly Dim[] {
  if (context.node.inputs[1]) {
    const sizes = context.contents(1);
    if (sizes) checkSizes(sizes, whole, count);
    return sizes ?? Array.from({ length: count }, () => context.unknownDim());
  }
  const parts = context.int("num_outputs", count);
  const size = ceilDivDims(whole, parts);
  const last = subDims(whole, mulDims(size, parts - 1));
  return Array.from({ length: count }, (_, index) => (index === parts - 1 ? last : size));
}

/** A part may be empty; together they are the whole, where that can be told. */
function checkSizes(sizes: readonly Dim[], whole: Dim, count: number): void {
  if (sizes.length !== count) throw new IllTyped(`${sizes.length} sizes for ${count} outputs`);
  const numbers = numbersOnly([...sizes, whole]);
  if (!numbers) return;
  const sum = numbers.slice(0, -1).reduce((all, size) => all + size, 0);
  if (sum === whole && numbers.every((size) => size >= 0)) return;
  throw new IllTyped(`sizes ${sizes.join(", ")} of an axis of ${whole}`);
}

function contents(context: InferContext, part: readonly Dim[], axis: number, start: number | undefined) {
  const elements = context.contents(0);
  const from = numbersOnly(context.shape(0));
  const sizes = numbersOnly(part);
  if (!elements || !from || !sizes || start === undefined) return undefined;
  const strides = contiguousStrides(from);
  return pick(elements, { shape: sizes, strides, offset: start * (strides[axis] ?? 1) });
}
