// Scaled dot-product attention: softmax(q k^T * scale + mask) v.
// Layout: q [..., L, E], k [..., S, E], v [..., S, Ev]. A bool mask is true where a key may be attended to; is_causal
// aligns at the top left. Rows that may attend to nothing give 0, not NaN.
// Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
import { int } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { numbersOf } from "../../../tensor/numbers.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { repeatHeads } from "../repeat-heads.ts";
import type { Rule } from "../rule.ts";

export const ATTENTION: Rule = {
  targets: ["aten::scaled_dot_product_attention.default"],
  limits: "without dropout",
  refuse: (call) =>
    call.float("dropout_p") > 0 ? "it drops out at random; call .eval() before exporting" : undefined,
  emit: (call) => attend(call).result,
};

/** Gives the weights too. */
export const ATTENTION_WITH_WEIGHTS: Rule = {
  targets: ["aten::_scaled_dot_product_attention_math.default"],
  limits: "no dropout",
  refuse: (call) =>
    call.float("dropout_p") > 0 || call.has("dropout_mask")
      ? "it drops out at random; call .eval() before exporting"
      : undefined,
  emit(call) {
    const { result, weights } = attend(call);
    return [result, weights];
  },
};

/** Gives the logarithm of the sum over keys too, which only gradients need. */
export const FLASH_ATTENTION: Rule = {
  targets: [
    "aten::_scaled_dot_product_flash_attention_for_cpu.default",
    "aten::_scaled_dot_product_efficient_attention.default",
    "aten::_scaled_dot_product_flash_attention.default",
  ],
  limits: "without dropout",
  refuse: (call) =>
    call.float("dropout_p") > 0 ? "it drops out at random; call .eval() before exporting" : undefined,
  emit(call) {
    const { result, scores } = attend(call);
    if (!call.wants(1)) return [result];
    if (call.result(1).dtype !== call.dtypeOf("query"))
      throw new Refusal("its sums of exponentials are wanted in another element type");
    const last = call.builder.int64s([-1]);
    return [result, call.op("ReduceLogSumExp", [scores, last], { keepdims: int(0) })];
  },
};

interface Attended {
  readonly result: Value;
  /** Before softmax, masks added. */
  readonly scores: Value;
  /** After it. */
  readonly weights: Value;
}

function attend(call: Call): Attended {
  const { dtype } = call.type("query");
  const query = call.tensor("query");
  const [key, value] =
    call.has("enable_gqa") && call.bool("enable_gqa")
      ? [repeatHeads(call, "key"), repeatHeads(call, "value")]
      : [call.tensor("key"), call.tensor("value")];
  const rank = call.rank("key");
  const turned = call.transpose(key, [...new Array<number>(rank - 2).keys(), rank - 1, rank - 2]);
  const scale = scaleOf(call, dtype);
  let scores = call.op("MatMul", [scale ? call.op("Mul", [query, scale]) : query, turned]);
  const masks = masksOf(call, dtype);
  for (const mask of masks.added) scores = call.op("Add", [scores, mask]);
  const softmax = call.op("Softmax", [scores], { axis: int(-1) });
  const weights = masks.mayGiveNaN ? withoutNaN(call, softmax, dtype) : softmax;
  const product = call.op("MatMul", [weights, value]);
  if (!masks.rows) return { result: product, scores, weights };
  return { result: call.op("Mul", [product, masks.rows]), scores, weights };
}

/** The factor of the scores, 1 / sqrt(width of a head) unless one is given; undefined if it is 1. */
function scaleOf(call: Call, dtype: DType): Value | undefined {
  const width = call.shape("query").at(-1);
  const given = call.optionalFloat("scale") ?? (typeof width === "number" ? 1 / Math.sqrt(width) : undefined);
  if (given !== undefined) return given === 1 ? undefined : call.number(given, dtype);
  const size = call.cast(call.dimEmitter.scalar(width as Dim), "int64", dtype); // a query has a last axis
  return call.op("Reciprocal", [call.op("Sqrt", [size])]);
}

interface Masks {
  /** What is added to the scores. */
  readonly added: readonly Value[];
  /** 1 for each row that may attend to something, else 0; [..., L, 1]. */
  readonly rows?: Value;
  readonly mayGiveNaN?: boolean;
}

function masksOf(call: Call, dtype: DType): Masks {
  const causal = call.bool("is_causal") ? [blocked(call, causalMask(call), dtype)] : [];
  const name = call.call.args.has("attn_mask") ? "attn_mask" : "attn_bias";
  if (!call.has(name)) return { added: causal };
  // The kernel itself adds a mask of booleans as numbers.
  if (call.dtypeOf(name) !== "bool" || call.name.endsWith("_math"))
    return { added: [call.as(name, dtype), ...causal], mayGiveNaN: mayBlockRows(call, name) };
  const mask = call.tensor(name);
  const some = call.reduce("ReduceMax", call.cast(mask, "bool", dtype), [call.rank(name) - 1], true);
  return { added: [blocked(call, mask, dtype), ...causal], rows: some };
}

/** 0 where a key may be attended to, else so low that its weight is 0, yet finite, so that no row becomes NaN. */
function blocked(call: Call, mask: Value, dtype: DType): Value {
  return call.op("Where", [mask, call.number(0, dtype), call.number(LOWEST[dtype] ?? -3e38, dtype)]);
}

const LOWEST: Partial<Record<DType, number>> = { float16: -65504, float64: -1e308 };

/** Largest mask whose contents are looked at. */
const MAX_MASK_BYTES = 16 * 1024 * 1024;

/** Whether a mask of floats may hold a row of minus infinities, as far as its contents are known. */
function mayBlockRows(call: Call, name: string): boolean {
  const mask = call.constant(name);
  if (!mask || mask.byteLength > MAX_MASK_BYTES) return true;
  return numbersOf(mask).includes(Number.NEGATIVE_INFINITY);
}

/** [L, S]: true on and below the diagonal. */
function causalMask(call: Call): Value {
  const [rows, columns] = [call.shape("query").at(-2) as Dim, call.shape("key").at(-2) as Dim];
  const range = (size: Dim) =>
    call.op("Range", [call.builder.int64(0), call.dimEmitter.scalar(size), call.builder.int64(1)]);
  return call.op("GreaterOrEqual", [call.unsqueeze(range(rows), 1), call.unsqueeze(range(columns), 0)]);
}

/** Softmax of a row of minus infinities is NaN; attention gives 0 there. */
function withoutNaN(call: Call, weights: Value, dtype: DType): Value {
  return call.op("Where", [call.op("IsNaN", [weights]), call.number(0, dtype), weights]);
}
