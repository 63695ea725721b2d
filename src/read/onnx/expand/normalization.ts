// Normalizations that onnxruntime's optimiser fused with the sums before them, and embeddings with their normalization.
// Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
import { float, int } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Expansion } from "./expansion.ts";
import { NodeCall } from "./node-call.ts";

/** LayerNormalization without mean and bias; onnxruntime keeps it in ai.onnx. */
export const SIMPLIFIED_LAYER_NORMALIZATION: Expansion = {
  ops: ["SimplifiedLayerNormalization"],
  limits: "without its second output",
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    if (call.wants(1)) return "its output inv_std_var is used";
    const epsilon = float(call.float("epsilon", 1e-5));
    return [call.op("RMSNormalization", draft.inputs, { ...call.attributesWithout("epsilon"), epsilon })];
  },
};

/** The norm of input + skip + bias, and that sum as the fourth output. */
export const SKIP_LAYER_NORMALIZATION: Expansion = {
  ops: ["SkipLayerNormalization", "SkipSimplifiedLayerNormalization"],
  limits: "without the outputs mean and inv_std_var",
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    if (call.wants(1) || call.wants(2)) return "its output mean or inv_std_var is used";
    const isSimplified = draft.op === "SkipSimplifiedLayerNormalization";
    const sum = call.sum(call.input(0), call.input(1), call.input(isSimplified ? 3 : 4));
    const attributes = { axis: int(-1), epsilon: float(call.float("epsilon", 1e-12)) };
    const normal = isSimplified
      ? call.op("RMSNormalization", [sum, call.input(2)], attributes)
      : call.op("LayerNormalization", [sum, call.input(2), call.input(3)], attributes);
    return [normal, undefined, undefined, sum];
  },
};

/** The norm of the sum of word, position and segment embeddings. */
export const EMBED_LAYER_NORMALIZATION: Expansion = {
  ops: ["EmbedLayerNormalization"],
  limits: "its output mask_index needs the input mask",
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const [ids, segmentIds, words, positions, segments, gamma, beta, mask, positionIds] = draft.inputs;
    if (call.wants(1) && !mask) return "its output mask_index is used without a mask";
    const embedding = (table: Value | undefined, rows: Value | undefined) =>
      table && rows && call.op("Gather", [table, rows]);
    const sum = call.sum(
      embedding(words, ids),
      positionIds ? embedding(positions, positionIds) : firstRows(call, positions, ids),
      embedding(segments, segmentIds),
    );
    const attributes = { axis: int(-1), epsilon: float(call.float("epsilon", 1e-12)) };
    const normal = call.op("LayerNormalization", [sum, gamma, beta], attributes);
    return [normal, mask && lengths(call, mask), sum];
  },
};

/** One row of the table for each place of the sequence: [sequence, hidden]. */
function firstRows(call: NodeCall, table: Value | undefined, ids: Value | undefined): Value {
  return call.op("Slice", [table, call.int64s([0]), call.size(ids, 1), call.int64s([0])]);
}

/** How many places of each row are no padding: int32[batch]. */
function lengths(call: NodeCall, mask: Value): Value {
  return call.op("ReduceSum", [call.cast(mask, "int32"), call.int64s([1])], { keepdims: int(0) });
}

/** softmax(x + bias) along the axes from `axis` on, which are flattened; the bias lacks the axes in front of, or before, them. */
export const BIAS_SOFTMAX: Expansion = {
  ops: ["BiasSoftmax"],
  limits: "along the last axis; the bias broadcast as in Add",
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const rank = call.rank(call.input(0));
    const axis = call.int("axis", 1);
    if (axis !== -1 && axis !== (rank ?? 0) - 1) return `it runs along the axes from ${axis} on`;
    if (rank === undefined || call.rank(call.input(1)) !== rank)
      return "the ranks of data and bias are not known, or differ";
    const sum = call.sum(call.input(0), call.input(1));
    return [call.op("Softmax", [sum], { axis: int(-1) })];
  },
};

/** data + bias (+ residual): nothing is dropped when a model runs. */
export const BIAS_DROPOUT: Expansion = {
  ops: ["BiasDropout"],
  limits: "not in training mode, and without its mask",
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    if (call.input(4)) return "it has the input training_mode";
    if (call.wants(1)) return "its output mask is used";
    return [call.sum(call.input(0), call.input(1), call.input(2))];
  },
};
