// Normalisations with more than one output. Source: https://onnx.ai/onnx/operators/onnx__LayerNormalization.html
import { float, int } from "../attribute.ts";
import type { OperatorDefinition } from "./definition.ts";
import { axisOf, result, sameAs, sameSize, shapeOfRank } from "./shapes.ts";

export const BATCH_NORMALIZATION: OperatorDefinition = {
  op: "BatchNormalization",
  since: 15,
  attributes: { epsilon: float(1e-5), momentum: float(0.9), training_mode: int(0) },
  infer: (context) => {
    const channels = context.shape(0)?.[1];
    for (const index of [1, 2, 3, 4]) {
      const size = context.shape(index)?.[0];
      if (channels !== undefined && size !== undefined) sameSize(channels, size, "channels");
    }
    return [sameAs(context, 0), sameAs(context, 3), sameAs(context, 4)];
  },
};

/** Mean and inverse deviation keep the shape, with 1 in place of every normalised axis. */
export const LAYER_NORMALIZATION: OperatorDefinition = {
  op: "LayerNormalization",
  since: 17,
  attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  infer: (context) => {
    const shape = shapeOfRank(context, 0, 1);
    const axis = shape && axisOf(context.int("axis"), shape.length);
    const statistics = shape?.map((dim, at) => (at < (axis ?? 0) ? dim : 1));
    return [sameAs(context, 0), result("float32", statistics), result("float32", statistics)];
  },
};
