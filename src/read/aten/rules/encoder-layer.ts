// Kernels that do a whole attention layer, or a whole encoder layer, at once: what they compute, as single operators.
// Traces without gradients and strict exports hold them.
// Layout: x [B, T, E], one weight for queries, keys and values [3 E, E]. A mask is true where a key is left out: [T, T],
// [B, T] for type 1, else [B, H, T, T]; a float mask counts as true where it is not 0, as in PyTorch's kernel.
// Source: https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/transformers/attention.cpp
import { float, int, string } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const MULTI_HEAD_ATTENTION: Rule = {
  targets: ["aten::_native_multi_head_attention.default"],
  emit(call) {
    const names = ["query", "key", "value"] as const;
    const weights = thirds(call, call.tensor("qkv_weight"));
    const biases = thirds(call, call.tensor("qkv_bias"));
    const projected = names.map((name, index) =>
      linear(call, call.tensor(name), weights[index] as Value, biases[index] as Value),
    );
    const heads = projected.map((part) => headsOf(call, part, call.int("num_head")));
    const [result, shares] = attend(call, heads, call.dtypeOf("query"));
    const averaged = call.bool("average_attn_weights");
    return [result, averaged ? call.reduce("ReduceMean", shares, [1], false) : shares];
  },
};

export const ENCODER_LAYER: Rule = {
  targets: ["aten::_transformer_encoder_layer_fwd.default"],
  emit(call) {
    const source = call.tensor("src");
    const first = (x: Value) => normalize(call, x, "norm_weight_1", "norm_bias_1");
    const second = (x: Value) => normalize(call, x, "norm_weight_2", "norm_bias_2");
    const attended = (x: Value) => {
      const projected = linear(call, x, call.tensor("qkv_weight"), call.tensor("qkv_bias"));
      const parts = split(call, projected, -1).map((part) => headsOf(call, part, call.int("num_heads")));
      return attend(call, parts, call.dtypeOf("src"))[0];
    };
    const add = (a: Value, b: Value) => call.op("Add", [a, b]);
    if (call.bool("norm_first")) {
      const middle = add(source, attended(first(source)));
      return add(middle, feedForward(call, second(middle)));
    }
    const middle = first(add(source, attended(source)));
    return second(add(middle, feedForward(call, middle)));
  },
};

function feedForward(call: Call, x: Value): Value {
  const inner = linear(call, x, call.tensor("ffn_weight_1"), call.tensor("ffn_bias_1"));
  const active = call.bool("use_gelu")
    ? call.op("Gelu", [inner], { approximate: string("none") })
    : call.op("Relu", [inner]);
  return linear(call, active, call.tensor("ffn_weight_2"), call.tensor("ffn_bias_2"));
}

/** x W^T + b */
function linear(call: Call, x: Value, weight: Value, bias: Value): Value {
  return call.op("Add", [call.op("MatMul", [x, call.transpose(weight, [1, 0])]), bias]);
}

function normalize(call: Call, x: Value, weight: string, bias: string): Value {
  const attributes = { axis: int(-1), epsilon: float(call.float("eps")) };
  return call.op("LayerNormalization", [x, call.tensor(weight), call.tensor(bias)], attributes);
}

function split(call: Call, value: Value, axis: number): Value[] {
  return call.builder.emitAll("Split", [value], { axis: int(axis), num_outputs: int(3) }, { outputs: 3 });
}

function thirds(call: Call, weight: Value): Value[] {
  return split(call, weight, 0);
}

/** [B, T, E] as [B, H, T, E / H]. */
function headsOf(call: Call, x: Value, count: number): Value {
  const width = call.int("embed_dim") / count;
  return call.transpose(call.op("Reshape", [x, call.builder.int64s([0, 0, count, width])]), [0, 2, 1, 3]);
}

/** softmax(q k^T / sqrt(d)) v with the heads joined and projected, and the weights [B, H, T, S]. */
function attend(call: Call, heads: readonly Value[], dtype: DType): [Value, Value] {
  const [q, k, v] = heads as [Value, Value, Value]; // there are three
  const width = call.int("embed_dim");
  const count = call.int(call.name === "_native_multi_head_attention" ? "num_head" : "num_heads");
  const scale = call.number(1 / Math.sqrt(width / count), dtype);
  const scores = call.op("MatMul", [call.op("Mul", [q, scale]), call.transpose(k, [0, 1, 3, 2])]);
  const weights = call.op("Softmax", [masked(call, scores, dtype)], { axis: int(-1) });
  const mixed = call.transpose(call.op("MatMul", [weights, v]), [0, 2, 1, 3]);
  const joined = call.op("Reshape", [mixed, call.builder.int64s([0, 0, width])]);
  return [linear(call, joined, call.tensor("proj_weight"), call.tensor("proj_bias")), weights];
}

function masked(call: Call, scores: Value, dtype: DType): Value {
  if (!call.has("mask")) return scores;
  const mask = call.as("mask", "bool");
  const rank = call.rank("mask");
  const isPadding = rank === 2 && call.optionalInt("mask_type") === 1;
  const blocked = isPadding ? call.unsqueeze(mask, 1, 2) : mask;
  return call.op("Where", [blocked, call.number(Number.NEGATIVE_INFINITY, dtype), scores]);
}
