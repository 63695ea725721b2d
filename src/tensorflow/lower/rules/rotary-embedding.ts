// RotaryEmbedding: pairs of a head's elements, turned by the angle of their position.
// Source: https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html
// Pairs are element i and i + half, or neighbours where it is interleaved; what is behind them stays as it is.
import { type Dim, divideExactly } from "../../../graph/dim.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

/** [batch, heads, length, depth], or [batch, length, heads, depth] of one that was flat. */
interface Heads {
  readonly shape: readonly Dim[];
  readonly depth: number;
  /** Elements that are turned. */
  readonly turned: number;
  /** Which axis the angles, [batch, length, half], are repeated along. */
  readonly headAxis: number;
}

function headsOf(facts: NodeFacts): Heads | string {
  const [batch, second, third] = facts.shape(0) as [Dim, Dim, Dim];
  const flat = facts.rank(0) === 3;
  const count = facts.int("num_heads", 0);
  if (flat && count === 0) return "num_heads is missing";
  const depth = flat ? divideExactly(third, count) : facts.shape(0)[3];
  if (typeof depth !== "number") return "the size of its heads is not fixed";
  const turned = facts.int("rotary_embedding_dim", 0) || depth;
  const shape = flat ? [batch, second, count, depth] : facts.shape(0);
  return { shape, depth, turned, headAxis: flat ? 2 : 1 };
}

export const rotaryEmbedding: LoweringRule = {
  op: "RotaryEmbedding",
  since: 23,
  layout: LOGICAL,
  limits: "the number of heads is known",
  refuse(facts) {
    const heads = headsOf(facts);
    return typeof heads === "string" ? heads : undefined;
  },
  emit(node) {
    const heads = headsOf(node) as Heads; // refuse has checked it
    const { shape, depth, turned } = heads;
    const data = node.logical(0);
    const x = node.rank(0) === 3 ? node.reshape(data, shape) : data;
    const pairs = turned === depth ? x : node.slice(x, 4, 3, 0, turned);
    const rotated = rotate(node, pairs, heads);
    const y =
      turned === depth
        ? rotated
        : node.op("ConcatV2", [[rotated, node.slice(x, 4, 3, turned, undefined)], node.int32(3)]);
    return node.rank(0) === 3 ? node.reshape(y, node.shape(0)) : y;
  },
};

/** (a, b) -> (a cos - b sin, a sin + b cos) */
function rotate(node: NodeLowering, pairs: TfValue, { shape, turned, headAxis }: Heads): TfValue {
  const [cos, sin] = [1, 2].map((input) => angles(node, input, headAxis)) as [TfValue, TfValue];
  const interleaved = node.int("interleaved", 0) === 1;
  const [first, second] = (
    interleaved
      ? node.tf.ops("Unpack", [node.reshape(pairs, [...shape.slice(0, 3), turned / 2, 2])], {
          num: 2,
          axis: 4,
        })
      : node.tf.ops("Split", [node.int32(3), pairs], { num_split: 2 })
  ) as [TfValue, TfValue];
  const product = (left: TfValue, right: TfValue) => node.op("Mul", [left, right]);
  const real = node.op("Sub", [product(first, cos), product(second, sin)]);
  const imaginary = node.op("AddV2", [product(first, sin), product(second, cos)]);
  if (!interleaved) return node.op("ConcatV2", [[real, imaginary], node.int32(3)]);
  return node.reshape(node.op("Pack", [[real, imaginary]], { axis: 4 }), [...shape.slice(0, 3), turned]);
}

/** A cache of angles at every position, with an axis for the heads. */
function angles(node: NodeLowering, input: number, headAxis: number): TfValue {
  const cache = node.logical(input);
  const each = node.has(3) ? node.op("GatherV2", [cache, node.logical(3), node.int32(0)]) : cache;
  return node.op("ExpandDims", [each, node.int32(headAxis)]);
}
