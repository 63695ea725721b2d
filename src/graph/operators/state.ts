// Operators that carry a state from call to call. Source: https://onnx.ai/onnx/operators/onnx__LinearAttention.html
import { float, int, string } from "../attribute.ts";
import { floorDivDims, mulDims, subDims } from "../dim.ts";
import type { OperatorDefinition } from "./definition.ts";
import { result, shapeOfRank } from "./shapes.ts";

/** Inputs: data [batch, channels, length], weight [channels, 1, k], bias, what stood before [batch, channels, k - 1]. */
const CAUSAL_CONV: OperatorDefinition = {
  op: "CausalConvWithState",
  since: 27,
  attributes: { activation: string("none") },
  infer: (context) => {
    const type = context.type(0);
    const data = shapeOfRank(context, 0, 3);
    const weight = shapeOfRank(context, 1, 3);
    if (!type) return [];
    const state = data && weight && [data[0] ?? 1, data[1] ?? 1, subDims(weight[2] ?? 1, 1)];
    return [result(type.dtype, data), result(type.dtype, state)];
  },
};

/** Inputs: query, key, value [batch, length, heads * depth], the state [batch, heads, depth, depth], decay, beta. */
const LINEAR_ATTENTION: OperatorDefinition = {
  op: "LinearAttention",
  since: 27,
  attributes: {
    chunk_size: int(64),
    kv_num_heads: "int",
    q_num_heads: "int",
    scale: float(0),
    update_rule: string("gated_delta"),
  },
  infer: (context) => {
    const type = context.type(0);
    const [query, value] = [shapeOfRank(context, 0, 3), shapeOfRank(context, 2, 3)];
    if (!type) return [];
    const state = context.type(3)?.dtype ?? type.dtype;
    if (!query || !value) return [result(type.dtype, undefined), result(state, undefined)];
    const [queryHeads, keyHeads] = [context.int("q_num_heads"), context.int("kv_num_heads")];
    const [batch = 1, length = 1, width = 1] = query;
    const valueDepth = floorDivDims(value[2] ?? 1, keyHeads);
    return [
      result(type.dtype, [batch, length, mulDims(valueDepth, queryHeads)]),
      result(state, [batch, keyHeads, floorDivDims(width, queryHeads), valueDepth]),
    ];
  },
};

export const STATEFUL: readonly OperatorDefinition[] = [CAUSAL_CONV, LINEAR_ATTENTION];
