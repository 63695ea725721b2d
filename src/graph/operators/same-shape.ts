// Operators whose first output has the type of the first input, though they look at more than one element.
// Source: https://onnx.ai/onnx/operators/
import { float, int, string } from "../attribute.ts";
import type { Dim } from "../dim.ts";
import { type AttributeSpec, IllTyped, type InferContext, type OperatorDefinition } from "./definition.ts";
import { sameAs, sameSize } from "./shapes.ts";

function keepsType(
  op: string,
  since: number,
  attributes: Readonly<Record<string, AttributeSpec>> = {},
): OperatorDefinition {
  return { op, since, attributes, infer: (context) => [sameAs(context, 0)] };
}

/** One update for each index. */
function scatterElements(context: InferContext) {
  checkUpdates(context.shape(1), context.shape(2));
  return [sameAs(context, 0)];
}

/** An update has the axes that an index leaves. */
function scatterND(context: InferContext) {
  const [data, indices, updates] = [0, 1, 2].map((index) => context.shape(index));
  const depth = indices?.at(-1);
  if (data && indices && typeof depth === "number") {
    checkUpdates([...indices.slice(0, -1), ...data.slice(depth)], updates);
  }
  return [sameAs(context, 0)];
}

function checkUpdates(wanted: readonly Dim[] | undefined, updates: readonly Dim[] | undefined): void {
  if (!wanted || !updates) return;
  if (wanted.length !== updates.length)
    throw new IllTyped(`updates have ${updates.length} dimensions, not ${wanted.length}`);
  for (const [axis, dim] of wanted.entries())
    sameSize(dim, updates[axis] ?? 0, `sizes of axis ${axis} of the updates`);
}

const scatter: Readonly<Record<string, AttributeSpec>> = { axis: int(0), reduction: string("none") };

export const SAME_SHAPE: readonly OperatorDefinition[] = [
  keepsType("CumProd", 26, { exclusive: int(0), reverse: int(0) }),
  keepsType("CumSum", 14, { exclusive: int(0), reverse: int(0) }),
  keepsType("GroupNormalization", 21, { epsilon: float(1e-5), num_groups: "int", stash_type: int(1) }),
  keepsType("Hardmax", 13, { axis: int(-1) }),
  keepsType("InstanceNormalization", 6, { epsilon: float(1e-5) }),
  keepsType("LogSoftmax", 13, { axis: int(-1) }),
  keepsType("LpNormalization", 1, { axis: int(-1), p: int(2) }),
  keepsType("LRN", 13, { alpha: float(1e-4), beta: float(0.75), bias: float(1), size: "int" }),
  keepsType("MeanVarianceNormalization", 13, { axes: { kind: "ints", value: [0, 2, 3] } }),
  keepsType("ReverseSequence", 10, { batch_axis: int(1), time_axis: int(0) }),
  keepsType("RMSNormalization", 23, { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) }),
  keepsType("RotaryEmbedding", 23, { interleaved: int(0), num_heads: int(0), rotary_embedding_dim: int(0) }),
  { ...keepsType("ScatterElements", 18, scatter), infer: scatterElements },
  { ...keepsType("ScatterND", 18, { reduction: string("none") }), infer: scatterND },
  keepsType("Softmax", 13, { axis: int(-1) }),
  keepsType("TensorScatter", 24, { axis: int(-2), mode: string("linear") }),
  keepsType("Trilu", 14, { upper: int(1) }),
];
