// Gather and its kin. Source: https://onnx.ai/onnx/operators/onnx__Gather.html

import { contiguousStrides } from "../../tensor/gather-strided.ts";
import { int } from "../attribute.ts";
import type { Dim } from "../dim.ts";
import { IllTyped, type InferContext, type OperatorDefinition } from "./definition.ts";
import { axisOf, numbersOnly, result, shapeOfRank, smallCount } from "./shapes.ts";

export const GATHER: OperatorDefinition = {
  op: "Gather",
  since: 13,
  attributes: { axis: int(0) },
  infer: (context) => {
    const type = context.type(0);
    const indices = context.shape(1);
    const data = shapeOfRank(context, 0, 1);
    if (!type || !data || !indices) return [type && result(type.dtype, undefined)];
    const axis = axisOf(context.int("axis"), data.length);
    const shape = [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)];
    return [result(type.dtype, shape, gathered(context, shape, axis))];
  },
};

export const GATHER_ELEMENTS: OperatorDefinition = {
  op: "GatherElements",
  since: 13,
  attributes: { axis: int(0) },
  infer: (context) => {
    const type = context.type(0);
    const indices = context.shape(1);
    if (type?.shape && indices)
      checkWithin(type.shape, indices, axisOf(context.int("axis"), type.shape.length));
    return [type && result(type.dtype, indices)];
  },
};

export const GATHER_ND: OperatorDefinition = {
  op: "GatherND",
  since: 13,
  attributes: { batch_dims: int(0) },
  infer: (context) => {
    const type = context.type(0);
    const indices = shapeOfRank(context, 1, 1);
    const depth = indices?.at(-1);
    if (!type?.shape || !indices || typeof depth !== "number") return [type && result(type.dtype, undefined)];
    const used = context.int("batch_dims") + depth;
    if (used > type.shape.length)
      throw new IllTyped(`indices go ${used} deep into ${type.shape.length} dimensions`);
    return [result(type.dtype, [...indices.slice(0, -1), ...type.shape.slice(used)])];
  },
};

/** Beside the axis, each index has its place in the data. */
function checkWithin(data: readonly Dim[], indices: readonly Dim[], axis: number): void {
  for (const [at, size] of indices.entries()) {
    const most = data[at];
    if (at !== axis && typeof size === "number" && typeof most === "number" && size > most)
      throw new IllTyped(`indices of size ${size} on axis ${at} of ${most}`);
  }
}

function gathered(
  context: InferContext,
  shape: readonly Dim[],
  axis: number,
): (Dim | undefined)[] | undefined {
  const elements = context.contents(0);
  const from = numbersOnly(context.shape(0));
  const indices = numbersOnly(context.contents(1));
  if (!elements || !from || !indices || smallCount(context, shape) === undefined) return undefined;
  const size = from[axis] ?? 1;
  const inner = contiguousStrides(from)[axis] ?? 1;
  const outer = from.slice(0, axis).reduce((product, dim) => product * dim, 1);
  const found: (Dim | undefined)[] = [];
  for (let row = 0; row < outer; row++) {
    for (const index of indices) {
      const start = (row * size + axisOf(index, size)) * inner;
      for (let at = start; at < start + inner; at++) found.push(elements[at]);
    }
  }
  return found;
}
