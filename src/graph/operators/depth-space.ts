// DepthToSpace and SpaceToDepth. Source: https://onnx.ai/onnx/operators/onnx__DepthToSpace.html
import { string } from "../attribute.ts";
import { floorDivDims, mulDims } from "../dim.ts";
import type { OperatorDefinition } from "./definition.ts";
import { result, shapeOfRank } from "./shapes.ts";

export const DEPTH_TO_SPACE: OperatorDefinition = {
  op: "DepthToSpace",
  since: 13,
  attributes: { blocksize: "int", mode: string("DCR") },
  infer: (context) => {
    const type = context.type(0);
    const block = context.int("blocksize");
    const [batch, depth, height, width] = shapeOfRank(context, 0, 4) ?? [];
    if (!type || batch === undefined || !depth || !height || !width)
      return [type && result(type.dtype, undefined)];
    const shape = [batch, floorDivDims(depth, block * block), mulDims(height, block), mulDims(width, block)];
    return [result(type.dtype, shape)];
  },
};

const MODE_SINCE = 28;

export const SPACE_TO_DEPTH: OperatorDefinition = {
  op: "SpaceToDepth",
  since: 13,
  sinceFor: (node) => (node.attributes.has("mode") ? MODE_SINCE : 13),
  attributes: { blocksize: "int", mode: string("DCR") },
  infer: (context) => {
    const type = context.type(0);
    const block = context.int("blocksize");
    const [batch, depth, height, width] = shapeOfRank(context, 0, 4) ?? [];
    if (!type || batch === undefined || !depth || !height || !width)
      return [type && result(type.dtype, undefined)];
    const shape = [
      batch,
      mulDims(depth, block * block),
      floorDivDims(height, block),
      floorDivDims(width, block),
    ];
    return [result(type.dtype, shape)];
  },
};
