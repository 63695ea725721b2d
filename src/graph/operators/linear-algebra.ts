// Determinants, diagonals and losses. Source: https://onnx.ai/onnx/operators/onnx__Det.html
import { ONNX_DTYPES } from "../../tensor/onnx-dtypes.ts";
import { int, string } from "../attribute.ts";
import type { InferContext, OperatorDefinition } from "./definition.ts";
import { result, shapeOfRank } from "./shapes.ts";

export const DET: OperatorDefinition = {
  op: "Det",
  since: 11,
  infer: (context) => {
    const type = context.type(0);
    return [type && result(type.dtype, shapeOfRank(context, 0, 2)?.slice(0, -2))];
  },
};

export const EYE_LIKE: OperatorDefinition = {
  op: "EyeLike",
  since: 9,
  attributes: { dtype: "int", k: int(0) },
  infer: (context) => {
    const dtype = ONNX_DTYPES.get(context.int("dtype", 0)) ?? context.type(0)?.dtype;
    return [dtype && result(dtype, context.shape(0))];
  },
};

function lossShape(context: InferContext) {
  return context.string("reduction") === "none" ? context.shape(1) : [];
}

export const NLL_LOSS: OperatorDefinition = {
  op: "NegativeLogLikelihoodLoss",
  since: 13,
  attributes: { ignore_index: "int", reduction: string("mean") },
  infer: (context) => {
    const type = context.type(0);
    return [type && result(type.dtype, lossShape(context))];
  },
};

export const CROSS_ENTROPY_LOSS: OperatorDefinition = {
  op: "SoftmaxCrossEntropyLoss",
  since: 13,
  attributes: { ignore_index: "int", reduction: string("mean") },
  infer: (context) => {
    const type = context.type(0);
    return [type && result(type.dtype, lossShape(context)), type && result(type.dtype, type.shape)];
  },
};
