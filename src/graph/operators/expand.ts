// Expand and Tile: repeating elements. Source: https://onnx.ai/onnx/operators/onnx__Expand.html

import { contiguousStrides } from "../../tensor/gather-strided.ts";
import { type Dim, mulDims } from "../dim.ts";
import { broadcastView, pick } from "../evaluate/layout.ts";
import type { InferContext, OperatorDefinition } from "./definition.ts";
import { broadcastShapes, numbersOnly, result, smallCount, unknownSizes } from "./shapes.ts";

export const EXPAND: OperatorDefinition = {
  op: "Expand",
  since: 13,
  passesOn: () => ({ input: 0 }),
  infer: (context) => {
    const type = context.type(0);
    const target = context.contents(1);
    if (!type?.shape) return [type && result(type.dtype, undefined)];
    if (!target) return [result(type.dtype, unknownTarget(context, type.shape))];
    const shape = broadcastShapes([type.shape, target]);
    return [result(type.dtype, shape, expanded(context, shape))];
  },
};

function unknownTarget(context: InferContext, from: readonly Dim[]): Dim[] | undefined {
  const rank = context.shape(1)?.[0];
  return typeof rank === "number" ? unknownSizes(context, Math.max(rank, from.length)) : undefined;
}

function expanded(context: InferContext, shape: readonly Dim[]) {
  const elements = context.contents(0);
  const from = numbersOnly(context.shape(0));
  const to = numbersOnly(shape);
  if (!elements || !from || !to || smallCount(context, shape) === undefined) return undefined;
  return pick(elements, broadcastView(from, to));
}

export const TILE: OperatorDefinition = {
  op: "Tile",
  since: 13,
  passesOn: () => ({ input: 0 }),
  infer: (context) => {
    const type = context.type(0);
    const repeats = context.contents(1);
    if (!type?.shape) return [type && result(type.dtype, undefined)];
    if (!repeats) return [result(type.dtype, unknownSizes(context, type.shape.length))];
    const shape = type.shape.map((dim, axis) => mulDims(dim, repeats[axis] ?? 1));
    return [result(type.dtype, shape, tiled(context, shape))];
  },
};

/** Each axis as two, the repeats with stride 0. */
function tiled(context: InferContext, shape: readonly Dim[]) {
  const elements = context.contents(0);
  const from = numbersOnly(context.shape(0));
  const repeats = numbersOnly(context.contents(1));
  if (!elements || !from || !repeats || smallCount(context, shape) === undefined) return undefined;
  const strides = contiguousStrides(from);
  return pick(elements, {
    shape: from.flatMap((size, axis) => [repeats[axis] ?? 1, size]),
    strides: from.flatMap((_, axis) => [0, strides[axis] ?? 1]),
    offset: 0,
  });
}
