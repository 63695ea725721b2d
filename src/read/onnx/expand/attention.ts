// Attention as onnxruntime fuses it: Attention projects its input itself, MultiHeadAttention takes query, key and value.
// Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
//   scores = scale * Q K' + mask + bias; the mask adds mask_filter_value to what may not be seen; y = softmax(scores) V
// Layout: [batch, heads, sequence, head] between; past and present are [2, batch, heads, past, head] or one each.
import { int } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Expansion } from "./expansion.ts";
import { NodeCall } from "./node-call.ts";

/** What hides a key from a query that stands before it. */
const LOWEST = -3.4028234663852886e38;

export const ATTENTION: Expansion = {
  ops: ["Attention"],
  limits:
    "masks as lengths [batch], [batch, keys] or [batch, queries, keys]; no rotary embedding, no shared past buffer",
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const [x, weights, bias, mask, past, attentionBias, pastLength] = draft.inputs;
    if (pastLength) return "its past and present share a buffer";
    const projected = call.sum(call.op("MatMul", [x, weights]), bias);
    return attendProjected(call, projected, { mask, past, attentionBias });
  },
};

interface Extras {
  readonly mask: Value | undefined;
  readonly past: Value | undefined;
  readonly attentionBias: Value | undefined;
}

/** From the three projections side by side in the last axis; gives the output and `present`. */
export function attendProjected(
  call: NodeCall,
  projected: Value | undefined,
  { mask, past, attentionBias }: Extras,
): readonly (Value | undefined)[] | string {
  const heads = call.int("num_heads", 0);
  if (heads < 1) return "it has no num_heads";
  if (call.int("do_rotary", 0) === 1) return "it turns query and key by rotary embedding (do_rotary)";
  const sizes = call.ints("qkv_hidden_sizes") ?? [];
  const [query, key, value] = call.ops(
    "Split",
    3,
    sizes.length === 3 ? [projected, call.int64s(sizes)] : [projected],
    { axis: int(-1), ...(sizes.length === 3 ? {} : { num_outputs: int(3) }) },
  );
  const parts = [query, key, value].map((part) => part && byHeads(call, part, heads));
  const [pastKey, pastValue] = past ? [half(call, past, 0), half(call, past, 1)] : [];
  const keys = after(call, parts[1], pastKey);
  const values = after(call, parts[2], pastValue);
  const result = attend(call, {
    query: parts[0],
    keys,
    values,
    mask,
    attentionBias,
    hasPast: past !== undefined,
  });
  if (typeof result === "string") return result;
  const present = call.wants(1) ? pair(call, keys, values) : undefined;
  return [result, present];
}

export const MULTI_HEAD_ATTENTION: Expansion = {
  ops: ["MultiHeadAttention"],
  limits:
    "query of three axes, key and value of three or four; masks [batch] or [batch, keys]; no shared past buffer",
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const [query, key, value, bias, mask, attentionBias, pastKey, pastValue, pastLength, cache] =
      draft.inputs;
    const heads = call.int("num_heads", 0);
    if (heads < 1) return "it has no num_heads";
    if (pastLength || cache) return "its past and present share a buffer";
    if (!query || !key || !value || call.rank(query) !== 3)
      return "query, key and value are packed in one tensor, or nothing is known of their ranks";
    if (call.wants(3)) return "its output qk is used";
    const biases = bias ? call.ops("Split", 3, [bias], { axis: int(-1), num_outputs: int(3) }) : [];
    const split = (part: Value, index: number): Value | undefined => {
      const rank = call.rank(part);
      if (rank === 4) return part; // [batch, heads, keys, head] already
      return rank === 3 ? byHeads(call, call.sum(part, biases[index]) ?? part, heads) : undefined;
    };
    const parts = [query, key, value].map(split);
    if (parts.includes(undefined)) return "nothing is known of the rank of its key or value";
    const keys = after(call, parts[1], pastKey);
    const values = after(call, parts[2], pastValue);
    const result = attend(call, {
      query: parts[0],
      keys,
      values,
      mask,
      attentionBias,
      hasPast: pastKey !== undefined,
    });
    return typeof result === "string" ? result : [result, keys, values];
  },
};

interface Operands {
  readonly query: Value | undefined;
  readonly keys: Value | undefined;
  readonly values: Value | undefined;
  readonly mask: Value | undefined;
  readonly attentionBias: Value | undefined;
  readonly hasPast: boolean;
}

/** [batch, queries, heads * head]; or, in words, why not. */
function attend(
  call: NodeCall,
  { query, keys, values, mask, attentionBias, hasPast }: Operands,
): Value | string {
  const hidden = mask && maskTerm(call, mask, keys);
  if (typeof hidden === "string") return hidden;
  const product = call.op("MatMul", [query, call.transpose(keys as Value, [0, 1, 3, 2])]); // callers made it
  const scaled = call.op("Mul", [product, scaleOf(call, query)]);
  const summed = call.sum(scaled, hidden, attentionBias);
  const isCausal = call.int("unidirectional", 0) === 1;
  const seen = isCausal && summed ? causal(call, summed, query, keys, hasPast) : summed;
  const result = call.op("MatMul", [call.softmax(seen as Value), values]); // there is at least the product
  return call.reshape(call.transpose(result, [0, 2, 1, 3]), [0, 0, -1]);
}

/** The attribute, else 1 / sqrt(head). */
function scaleOf(call: NodeCall, query: Value | undefined): Value {
  const given = call.float("scale", 0);
  if (given !== 0) return call.like(query, given);
  const head = call.op("CastLike", [call.op("Squeeze", [call.size(query, 3)]), query]);
  return call.op("Reciprocal", [call.op("Sqrt", [head])]);
}

/** [batch, sequence, heads * head] to [batch, heads, sequence, head]. */
function byHeads(call: NodeCall, value: Value, heads: number): Value {
  return call.transpose(call.reshape(value, [0, 0, heads, -1]), [0, 2, 1, 3]);
}

function after(call: NodeCall, value: Value | undefined, past: Value | undefined): Value | undefined {
  return value && past ? call.op("Concat", [past, value], { axis: int(2) }) : value;
}

/** Past keys (0) or values (1). */
function half(call: NodeCall, past: Value, index: number): Value {
  return call.op("Gather", [past, scalar(call, index)]);
}

/** Both under a new first axis. */
function pair(call: NodeCall, keys: Value | undefined, values: Value | undefined): Value {
  const rows = [keys, values].map((value) => call.op("Unsqueeze", [value, call.int64s([0])]));
  return call.op("Concat", rows, { axis: int(0) });
}

/** The term that hides keys, broadcast to [batch, heads, queries, keys]; or, in words, why there is none. */
function maskTerm(call: NodeCall, mask: Value, keys: Value | undefined): Value | string {
  const rank = call.rank(mask);
  if (rank === undefined || rank > 3 || rank === 0)
    return `its mask has ${rank ?? "an unknown number of"} axes`;
  const isSeen =
    rank === 1 ? withinLengths(call, mask, keys) : call.op("Greater", [mask, call.like(mask, 0)]);
  if (isSeen === undefined) return "its mask holds starts and ends of several rows";
  const axes = rank === 3 ? [1] : [1, 2];
  const aligned = call.op("Unsqueeze", [isSeen, call.int64s(axes)]);
  const filter = call.float("mask_filter_value", -10000);
  return call.op("Where", [aligned, call.like(keys, 0), call.like(keys, filter)]);
}

/** Whether a key stands before the end of its row: [batch, keys]. A mask of other sizes than the batch is refused. */
function withinLengths(call: NodeCall, lengths: Value, keys: Value | undefined): Value | undefined {
  const type = lengths.type;
  const size = type?.kind === "tensor" ? type.shape?.[0] : undefined;
  if (size === undefined || (typeof size !== "number" && /[*+]/.test(String(size)))) return undefined;
  const places = call.op("Range", [
    scalar(call, 0),
    call.op("Squeeze", [call.size(keys, 2)]),
    scalar(call, 1),
  ]);
  const ends = call.op("Unsqueeze", [call.cast(lengths, "int64"), call.int64s([1])]);
  return call.op("Less", [places, ends]);
}

/** Scores with LOWEST where a key stands behind its query. Queries are the last of the keys. */
function causal(
  call: NodeCall,
  scores: Value,
  query: Value | undefined,
  keys: Value | undefined,
  hasPast: boolean,
): Value {
  const range = (of: Value | undefined, axis: number): Value =>
    call.op("Range", [scalar(call, 0), call.op("Squeeze", [call.size(of, axis)]), scalar(call, 1)]);
  const row = call.op("Unsqueeze", [range(keys, 2), call.int64s([0])]);
  let column = call.op("Unsqueeze", [range(query, 2), call.int64s([1])]);
  if (hasPast) column = call.op("Add", [column, call.op("Sub", [call.size(keys, 2), call.size(query, 2)])]);
  return call.op("Where", [call.op("LessOrEqual", [row, column]), scores, lowest(call, scores)]);
}

/** The lowest number: of float16 its own. */
function lowest(call: NodeCall, scores: Value): Value {
  return call.dtype(scores) === "float16" ? call.scalar("float16", -65504) : call.like(scores, LOWEST);
}

function scalar(call: NodeCall, value: number): Value {
  return call.context.builder.int64(value);
}

/** Pairs of a head's elements turned by the angle of their position; the operator of opset 23 takes the rest. */
export const ROTARY_EMBEDDING: Expansion = {
  ops: ["RotaryEmbedding"],
  limits: "positions [batch, sequence] or an offset [1]; an input of three axes with num_heads; scale 1",
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const [x, positions, cosines, sines] = draft.inputs;
    if (call.float("scale", 1) !== 1 || call.int("is_packed_batching", 0) === 1)
      return "it scales its angles, or its batch is packed";
    const heads = call.int("num_heads", 0);
    const rank = call.rank(x);
    if (rank === undefined || (rank === 3 && heads === 0))
      return "neither num_heads nor the rank of its input tells its heads";
    const sequence = rank === 3 ? 1 : 2;
    const places = call.rank(positions) === 1 ? fromOffset(call, positions, x, sequence) : positions;
    const attributes = {
      interleaved: int(call.int("interleaved", 0)),
      rotary_embedding_dim: int(call.int("rotary_embedding_dim", 0)),
      ...(rank === 3 ? { num_heads: int(heads) } : {}),
    };
    return [call.op("RotaryEmbedding", [x, cosines, sines, places], attributes)];
  },
};

/** offset, offset + 1, ... for each row: [batch, sequence]. */
function fromOffset(
  call: NodeCall,
  offset: Value | undefined,
  x: Value | undefined,
  sequence: number,
): Value {
  const places = call.op("Range", [
    scalar(call, 0),
    call.op("Squeeze", [call.size(x, sequence)]),
    scalar(call, 1),
  ]);
  const moved = call.op("Add", [places, offset]);
  const shape = call.op("Concat", [call.size(x, 0), call.size(x, sequence)], { axis: int(0) });
  return call.op("Expand", [moved, shape]);
}

export const GROUP_QUERY_ATTENTION: Expansion = {
  ops: [
    "GroupQueryAttention",
    "PagedAttention",
    "SparseAttention",
    "DecoderMaskedMultiHeadAttention",
    "DecoderMaskedSelfAttention",
    "PackedAttention",
    "PackedMultiHeadAttention",
    "DecoderAttention",
    "LongformerAttention",
  ],
  limits: "not supported",
  expand: () =>
    "it works on a cache or a packed batch whose filled part differs from row to row; export the model without that fusion",
};
