// Attention of opset 23. Source: https://onnx.ai/onnx/operators/onnx__Attention.html
// Rank 4 is [batch, heads, length, width]; rank 3 is [batch, length, heads * width].
import { float, int } from "../attribute.ts";
import { addDims, type Dim, floorDivDims, mulDims } from "../dim.ts";
import type { Node } from "../graph.ts";
import type { InferContext, OperatorDefinition } from "./definition.ts";
import { result, shapeOfRank } from "./shapes.ts";

const WINDOWS_SINCE = 25;
/** The input with the lengths of keys without padding. */
const LENGTHS_SINCE = 24;

function isWindowed(node: Node): boolean {
  return node.attributes.has("left_window_size") || node.attributes.has("right_window_size");
}

export const ATTENTION: OperatorDefinition = {
  op: "Attention",
  since: 23,
  sinceFor: (node) => (isWindowed(node) ? WINDOWS_SINCE : node.inputs[6] ? LENGTHS_SINCE : 23),
  attributes: {
    is_causal: int(0),
    kv_num_heads: "int",
    left_window_size: int(-1),
    q_num_heads: "int",
    qk_matmul_output_mode: int(0),
    right_window_size: int(-1),
    scale: "float",
    softcap: float(0),
    softmax_precision: "int",
  },
  infer: (context) => {
    const dtype = context.type(0)?.dtype;
    const query = shapeOfRank(context, 0, 3);
    const key = shapeOfRank(context, 1, 3);
    const value = shapeOfRank(context, 2, 3);
    if (!dtype) return [];
    if (!query || !key || !value) return [result(dtype, undefined)];
    const q = heads(query, context.int("q_num_heads", 1));
    const k = heads(key, context.int("kv_num_heads", 1));
    const v = heads(value, context.int("kv_num_heads", 1));
    const total = addDims(k.length, pastLength(context));
    const attended =
      query.length === 4
        ? [q.batch, q.heads, q.length, v.width]
        : [q.batch, q.length, mulDims(q.heads, v.width)];
    return [
      result(dtype, attended),
      result(dtype, [k.batch, k.heads, total, k.width]),
      result(dtype, [v.batch, v.heads, total, v.width]),
      result(dtype, [q.batch, q.heads, q.length, total]),
    ];
  },
};

interface Heads {
  readonly batch: Dim;
  readonly heads: Dim;
  readonly length: Dim;
  readonly width: Dim;
}

function heads(shape: readonly Dim[], count: number): Heads {
  const [batch = 1, second = 1, third = 1, fourth = 1] = shape;
  if (shape.length === 4) return { batch, heads: second, length: third, width: fourth };
  return { batch, heads: count, length: second, width: floorDivDims(third, count) };
}

function pastLength(context: InferContext): Dim {
  return context.node.inputs[4] ? (context.shape(4)?.[2] ?? context.unknownDim()) : 0;
}
