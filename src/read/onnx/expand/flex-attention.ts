// FlexAttention, attention whose scores and probabilities a model changes by graphs of its own.
// Source: https://onnx.ai/onnx/operators/onnx_aionnxpreview_FlexAttention.html
//   y = prob_mod(softmax(score_mod(scale Q K'))) V; both sides of the first product take the root of the scale
// Layout: [batch, heads, length, width]; several query heads may share a key head, one after the other.
import { int } from "../../../graph/attribute.ts";
import type { Graph, Value } from "../../../graph/graph.ts";
import { ONNX_DTYPES } from "../../../tensor/onnx-dtypes.ts";
import type { Expansion } from "./expansion.ts";
import { NodeCall } from "./node-call.ts";

export const FLEX_ATTENTION: Expansion = {
  ops: ["FlexAttention"],
  limits: "types of query, key and value are declared",
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const [query, key, value] = draft.inputs;
    const dtype = call.dtype(query);
    if (!query || !key || !value || !dtype) return "nothing is known of the types of its inputs";
    const precision = ONNX_DTYPES.get(call.int("softmax_precision", 0));
    const wide = precision ?? (dtype === "float64" ? "float64" : "float32");
    const root = rootOfScale(call, query);
    const [q, k] = [query, key].map((side) => call.op("Mul", [side, root])) as [Value, Value];
    const grouped = inGroups(call, q, k);
    const raw = call.op("MatMul", [grouped, call.transpose(shared(call, k), [0, 1, 2, 4, 3])]);
    const scores = call.cast(call.op("Reshape", [raw, heads(call, query, key, 2)]), wide);
    const changed = modified(call, "score_mod", scores);
    const probabilities = changed && modified(call, "prob_mod", call.softmax(changed));
    if (!probabilities) return "its graphs do not take and give one value each";
    const seen = call.op("MatMul", [inGroups(call, probabilities, k), shared(call, call.cast(value, wide))]);
    return [call.cast(call.op("Reshape", [seen, heads(call, query, value, 3)]), dtype)];
  },
};

/** sqrt(scale) in the query's dtype; the scale is 1 / sqrt(width) unless it is given. */
function rootOfScale(call: NodeCall, query: Value): Value {
  const given = call.float("scale", 0);
  if (given !== 0) return call.like(query, Math.sqrt(given));
  const width = call.cast(call.op("Shape", [query], { start: int(3), end: int(4) }), "float32");
  const root = call.op("Pow", [width, call.scalar("float32", -0.25)]);
  return call.op("CastLike", [root, query]);
}

/** [batch, query heads, ...] to [batch, key heads, group, ...]. */
function inGroups(call: NodeCall, data: Value, keys: Value): Value {
  const target = [call.size(data, 0), call.size(keys, 1), call.int64s([-1]), tail(call, data)];
  return call.op("Reshape", [data, call.op("Concat", target, { axis: int(0) })]);
}

/** [batch, key heads, ...] to [batch, key heads, 1, ...]. */
function shared(call: NodeCall, keys: Value): Value {
  return call.op("Unsqueeze", [keys, call.int64s([2])]);
}

/** The shape [batch, query heads, queries, n], n being a size of `other`. */
function heads(call: NodeCall, query: Value, other: Value, axis: number): Value {
  const front = call.op("Shape", [query], { start: int(0), end: int(3) });
  return call.op("Concat", [front, call.size(other, axis)], { axis: int(0) });
}

function tail(call: NodeCall, data: Value): Value {
  return call.op("Shape", [data], { start: int(2), end: int(4) });
}

/** The value after the graph that an attribute holds, whose nodes move here; the value itself without one. */
function modified(call: NodeCall, name: string, value: Value): Value | undefined {
  const attribute = call.draft.attributes.get(name);
  if (attribute?.kind !== "graph") return value;
  const inner: Graph = attribute.value;
  const [input] = inner.inputs;
  const [output] = inner.outputs;
  if (!input || !output || inner.inputs.length !== 1 || inner.outputs.length !== 1) return undefined;
  if (output === input) return value;
  inner.replaceUses(input, value);
  for (const node of inner.nodes.splice(0)) call.context.builder.graph.insert(node);
  return output;
}
