// Kernels that do a whole attention layer, or a whole encoder layer, at once: what they compute, as single operators.
// Traces without gradients hold them. Only self-attention without a mask takes that way in PyTorch with plain tensors.
// Source: https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/transformers/attention.cpp
import { Unfollowed } from "../refusal.ts";
import { bool, float, int, itemsOf, list, NONE, tuple, type Value } from "../values.ts";
import type { CallAten } from "./cells.ts";
import type { Arguments } from "./context.ts";

/** The result of such a kernel; undefined for other operators. */
export function callFusedAttention(operator: string, given: Arguments, call: CallAten): Value | undefined {
  const at = (place: number) => given.positional[place] ?? NONE;
  if (operator === "aten::_native_multi_head_attention") {
    demandPlain(at(0), [at(1), at(2)], at(9));
    const heads = headsOf(at(0), at(4), at(5), at(6), call);
    const weights = isFalse(given.positional[10])
      ? NONE
      : weightsOf(heads, !isFalse(given.positional[11]), call);
    return tuple([attend(at(0), heads, at(7), at(8), call), weights]);
  }
  if (operator !== "aten::_transformer_encoder_layer_fwd") return undefined;
  demandPlain(at(0), [], at(18));
  return encoderLayer(given.positional, call);
}

function isFalse(value: Value | undefined): boolean {
  return value?.kind === "bool" && !value.value;
}

function demandPlain(query: Value, others: readonly Value[], mask: Value): void {
  const isSelf = others.every(
    (other) => other.kind === "tensor" && query.kind === "tensor" && other.name === query.name,
  );
  if (!isSelf) throw new Unfollowed("an attention kernel over different tensors");
  if (mask.kind !== "none")
    throw new Unfollowed("an attention kernel with a mask", "trace the model with gradients enabled");
}

interface Heads {
  /** Each [batch, heads, length, width of a head]. */
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
}

/** Projects x, which is [batch, length, width], and cuts the result into heads. */
function headsOf(x: Value, count: Value, weight: Value, bias: Value, call: CallAten): Heads {
  const [batch = NONE, length = NONE] = itemsOf(call("size", x)) ?? [];
  const projected = call("linear", x, weight, bias);
  const [q = NONE, k = NONE, v = NONE] = (itemsOf(call("chunk", projected, int(3), int(-1))) ?? []).map(
    (part) => call("transpose", call("reshape", part, list([batch, length, count, int(-1)])), int(1), int(2)),
  );
  return { q, k, v };
}

/** softmax(q k^T / sqrt(d)) v, the heads joined and projected. */
function attend(x: Value, { q, k, v }: Heads, weight: Value, bias: Value, call: CallAten): Value {
  const mixed = call("scaled_dot_product_attention", q, k, v, NONE, float(0), bool(false));
  const joined = call("reshape", call("transpose", mixed, int(1), int(2)), call("size", x));
  return call("linear", joined, weight, bias);
}

/** softmax(q k^T / sqrt(d)), the mean over the heads if that is wanted. */
function weightsOf({ q, k }: Heads, averaged: boolean, call: CallAten): Value {
  const width = itemsOf(call("size", q))?.at(-1);
  if (width?.kind !== "int" || typeof width.value !== "number")
    throw new Unfollowed("an attention kernel whose heads have no fixed width");
  const scores = call("matmul", q, call("transpose", k, int(-2), int(-1)));
  const weights = call("softmax", call("mul", scores, float(1 / Math.sqrt(width.value))), int(-1));
  return averaged ? call("mean", weights, list([int(1)])) : weights;
}

/** Attention and two linear layers, each added to what goes in and normalised before or after. */
function encoderLayer(args: readonly Value[], call: CallAten): Value {
  const at = (place: number) => args[place] ?? NONE;
  const normFirst = at(8).kind === "bool" && !isFalse(at(8));
  const normalize = (x: Value, weight: Value, bias: Value) =>
    call("layer_norm", x, list([at(1)]), weight, bias, at(9));
  const attended = (x: Value) => attend(x, headsOf(x, at(2), at(3), at(4), call), at(5), at(6), call);
  const activation = isFalse(at(7)) ? "relu" : "gelu";
  const feed = (x: Value) =>
    call("linear", call(activation, call("linear", x, at(14), at(15))), at(16), at(17));
  const first = (x: Value) => normalize(x, at(10), at(11));
  const second = (x: Value) => normalize(x, at(12), at(13));
  const source = at(0);
  if (normFirst) {
    const middle = call("add", source, attended(first(source)));
    return call("add", middle, feed(second(middle)));
  }
  const middle = first(call("add", source, attended(source)));
  return second(call("add", middle, feed(middle)));
}
