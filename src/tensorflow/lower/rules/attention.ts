// Attention: softmax(q k' * scale, capped, masked) v for all heads, with queries that share keys in groups.
// Source: https://onnx.ai/onnx/operators/onnx__Attention.html
// Order: product, soft cap, mask, softmax. A row with everything masked gives zeros. Causal rows see what stands before
// them, the past included; a window bounds how far to either side they see. Heads of a group share a key by broadcasting, not by a copy.
import { addDims, type Dim, divideExactly, mulDims } from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { ONNX_FLOATS } from "../onnx-floats.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";
import { productType } from "../widened.ts";

interface Sizes {
  readonly batch: Dim;
  readonly queryHeads: number;
  readonly keyHeads: number;
  readonly queries: Dim;
  /** Keys with the past's. */
  readonly keys: Dim;
  readonly past: Dim;
  readonly depth: number;
  readonly valueDepth: Dim;
}

function sizesOf(facts: NodeFacts): Sizes | string {
  const [q, k, v] = [facts.shape(0), facts.shape(1), facts.shape(2)];
  const flat = q.length === 3;
  const queryHeads = flat ? facts.int("q_num_heads", 0) : q[1];
  const keyHeads = flat ? facts.int("kv_num_heads", 0) : k[1];
  if (typeof queryHeads !== "number" || typeof keyHeads !== "number" || keyHeads === 0) {
    return "its number of heads is not fixed";
  }
  const depth = flat ? divideExactly(q[2] as Dim, queryHeads) : q[3];
  const valueDepth = flat ? divideExactly(v[2] as Dim, keyHeads) : v[3];
  if (depth === undefined || valueDepth === undefined) return "its heads do not divide its width";
  if (typeof depth !== "number") return "the size of its heads is not fixed";
  const past = facts.has(4) ? (facts.shape(4)[2] ?? 0) : 0;
  const own = (flat ? k[1] : k[2]) as Dim;
  const queries = (flat ? q[1] : q[2]) as Dim;
  return {
    batch: q[0] as Dim,
    queryHeads,
    keyHeads,
    queries,
    keys: addDims(own, past),
    past,
    depth,
    valueDepth,
  };
}

export const attention: LoweringRule = {
  op: "Attention",
  since: 23,
  layout: LOGICAL,
  limits: "numbers of heads are known; softmax_precision is a type of floats",
  refuse(facts) {
    const sizes = sizesOf(facts);
    if (typeof sizes === "string") return sizes;
    const precision = facts.int("softmax_precision", 1);
    return ONNX_FLOATS.has(precision) ? undefined : `softmax_precision ${precision} is not a type of floats`;
  },
  emit(node) {
    const sizes = sizesOf(node) as Sizes; // refuse has checked it
    const dtype = node.dtype(0);
    const [query, key, value] = [
      heads(node, 0, sizes.queryHeads, sizes.depth),
      withPast(node, heads(node, 1, sizes.keyHeads, sizes.depth), 4),
      withPast(node, heads(node, 2, sizes.keyHeads, sizes.valueDepth), 5),
    ];
    const raw = scores(node, query, key, sizes);
    const capped = softCapped(node, raw);
    const masked = withMasks(node, capped, sizes);
    const probabilities = softmax(node, masked, masked !== capped);
    const y = output(node, node.cast(probabilities, value.dtype as DType), value, sizes);
    const seen = [raw, capped, masked, probabilities][node.int("qk_matmul_output_mode", 0)] ?? raw;
    return [node.cast(y, dtype), key, value, node.cast(seen, dtype)];
  },
};

/** [B, H, L, D] of an input that is that already, or [B, L, H * D]. */
function heads(node: NodeLowering, input: number, count: number, depth: Dim): TfValue {
  const value = node.logical(input);
  const [batch, length] = node.shape(input) as [Dim, Dim];
  if (node.rank(input) === 4) return value;
  return node.op("Transpose", [
    node.reshape(value, [batch, length, count, depth]),
    node.int32s([0, 2, 1, 3]),
  ]);
}

function withPast(node: NodeLowering, value: TfValue, input: number): TfValue {
  return node.has(input) ? node.op("ConcatV2", [[node.logical(input), value], node.int32(2)]) : value;
}

/** [B, Hq, S, T] */
function scores(node: NodeLowering, query: TfValue, key: TfValue, sizes: Sizes): TfValue {
  const { batch, queryHeads, keyHeads, queries, keys, depth } = sizes;
  const dtype = query.dtype as DType; // data are floats
  const given = node.float("scale", 0);
  // Both sides take the root of the scale, which keeps products of narrow floats in range.
  const root = node.scalar(dtype, Math.sqrt(given || 1 / Math.sqrt(depth)));
  const [q, k] = [query, key].map((value) => node.op("Mul", [value, root])) as [TfValue, TfValue];
  if (queryHeads === keyHeads) return product(node, q, k, { adj_y: true });
  const grouped = node.reshape(q, [batch, keyHeads, queryHeads / keyHeads, queries, depth]);
  const shared = node.op("ExpandDims", [k, node.int32(2)]);
  const raw = product(node, grouped, shared, { adj_y: true });
  return node.reshape(raw, [batch, queryHeads, queries, keys]);
}

/** Matrix products, summed in a dtype that sums well and rounded back. */
function product(node: NodeLowering, left: TfValue, right: TfValue, attributes = {}): TfValue {
  const dtype = left.dtype as DType; // data are floats
  const wide = productType("BatchMatMulV2", dtype);
  const sum = node.op("BatchMatMulV2", [node.cast(left, wide), node.cast(right, wide)], attributes);
  return node.cast(sum, dtype);
}

// cap * tanh(x / cap)
function softCapped(node: NodeLowering, x: TfValue): TfValue {
  const cap = node.float("softcap", 0);
  if (cap === 0) return x;
  const size = node.scalar(x.dtype as DType, cap);
  return node.op("Mul", [size, node.op("Tanh", [node.op("RealDiv", [x, size])])]);
}

function withMasks(node: NodeLowering, x: TfValue, sizes: Sizes): TfValue {
  const hidden = node.scalar(x.dtype as DType, Number.NEGATIVE_INFINITY);
  let masked = x;
  if (node.has(3)) {
    const mask = widenedMask(node, sizes);
    masked =
      mask.dtype === "bool" ? node.op("SelectV2", [mask, masked, hidden]) : node.op("AddV2", [masked, mask]);
  }
  const columns = node.op("Range", [node.int64(0), node.values.dim(sizes.keys), node.int64(1)]);
  const lengths = node.has(6) ? node.op("Reshape", [node.logical(6), node.int64s([-1, 1, 1, 1])]) : undefined;
  const seen = [...inWindow(node, columns, lengths, sizes)];
  if (lengths) seen.push(node.op("Less", [columns, lengths]));
  return seen.reduce((scores, keys) => node.op("SelectV2", [keys, scores, hidden]), masked);
}

/** Which keys a query may see for where they stand: causal ones see none behind them, windows end on either side. */
function inWindow(
  node: NodeLowering,
  columns: TfValue,
  lengths: TfValue | undefined,
  sizes: Sizes,
): TfValue[] {
  const [left, right] = [node.int("left_window_size", -1), node.int("right_window_size", -1)];
  const ahead = node.int("is_causal", 0) ? 0 : right; // a right window is never narrower than causality
  if (left < 0 && ahead < 0) return [];
  const rows = node.op("Range", [node.int64(0), node.values.dim(sizes.queries), node.int64(1)]);
  const before = lengths
    ? node.op("Sub", [lengths, node.values.dim(sizes.queries)])
    : node.values.dim(sizes.past);
  const own = node.op("AddV2", [node.op("Reshape", [rows, node.int64s([-1, 1])]), before]);
  const beside = (distance: number) => (distance === 0 ? own : node.op("AddV2", [own, node.int64(distance)]));
  return [
    ...(ahead < 0 ? [] : [node.op("LessEqual", [columns, beside(ahead)])]),
    ...(left < 0 ? [] : [node.op("GreaterEqual", [columns, beside(-left)])]),
  ];
}

/** A mask that ends before the keys do hides the rest. */
function widenedMask(node: NodeLowering, sizes: Sizes): TfValue {
  const mask = node.logical(3);
  const width = node.shape(3).at(-1);
  const missing = typeof width === "number" && typeof sizes.keys === "number" ? sizes.keys - width : 0;
  if (missing <= 0 || width === 1) return mask;
  const rank = node.rank(3);
  const rows = Array.from({ length: rank }, (_, axis) => [0, axis === rank - 1 ? missing : 0]).flat();
  const paddings = node.op("Reshape", [node.int32s(rows), node.int32s([rank, 2])]);
  const fill = mask.dtype === "bool" ? 0 : Number.NEGATIVE_INFINITY;
  return node.op("PadV2", [mask, paddings, node.scalar(mask.dtype as DType, fill)]);
}

function softmax(node: NodeLowering, x: TfValue, masked: boolean): TfValue {
  const wide = ONNX_FLOATS.get(node.int("softmax_precision", 0));
  const values = node.cast(x, wide ?? (x.dtype as DType));
  const probabilities = node.op("Softmax", [values]);
  if (!masked) return probabilities;
  const top = node.op("Max", [values, node.int32s([-1])], { keep_dims: true });
  const nothing = node.op("Equal", [top, node.scalar(values.dtype as DType, Number.NEGATIVE_INFINITY)]);
  return node.op("SelectV2", [nothing, node.op("ZerosLike", [probabilities]), probabilities]);
}

function output(node: NodeLowering, probabilities: TfValue, value: TfValue, sizes: Sizes): TfValue {
  const { batch, queryHeads, keyHeads, queries, keys, valueDepth } = sizes;
  const groups = queryHeads / keyHeads;
  const y =
    groups === 1
      ? product(node, probabilities, value)
      : node.reshape(
          product(
            node,
            node.reshape(probabilities, [batch, keyHeads, groups, queries, keys]),
            node.op("ExpandDims", [value, node.int32(2)]),
          ),
          [batch, queryHeads, queries, valueDepth],
        );
  if (node.rank(0) === 4) return y;
  const turned = node.op("Transpose", [y, node.int32s([0, 2, 1, 3])]);
  return node.reshape(turned, [batch, queries, mulDims(valueDepth, queryHeads)]);
}
