// LinearAttention: a state per head that every token changes and every query reads, token by token in one loop.
// Source: https://onnx.ai/onnx/operators/onnx__LinearAttention.html
// S' = exp(g) S; S = S' + k (b (v - S'^T k))^T, without g, b or the subtraction where the rule has none; o = scale q^T S.
// Computed in float32, or float64 for float64.
import { type Dim, divideExactly } from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import type { FunctionBody } from "../../function-body.ts";
import type { TfValue } from "../../graph.ts";
import { countedLoop, type Round } from "../../while-loop.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

interface Sizes {
  readonly batch: Dim;
  readonly length: Dim;
  readonly keyHeads: number;
  /** Queries that share a state. */
  readonly group: number;
  readonly depth: number;
  readonly valueDepth: Dim;
}

/** Which inputs a rule uses. */
const RULES: ReadonlyMap<string, { readonly gated: boolean; readonly delta: boolean }> = new Map([
  ["linear", { gated: false, delta: false }],
  ["gated", { gated: true, delta: false }],
  ["delta", { gated: false, delta: true }],
  ["gated_delta", { gated: true, delta: true }],
]);

function sizesOf(facts: NodeFacts): Sizes | string {
  const [queryHeads, keyHeads] = [facts.int("q_num_heads", 0), facts.int("kv_num_heads", 0)];
  if (queryHeads === 0 || keyHeads === 0 || queryHeads % keyHeads !== 0) {
    return `${queryHeads} heads of queries cannot share ${keyHeads} of keys`;
  }
  const [batch, length, width] = facts.shape(0) as [Dim, Dim, Dim];
  const depth = divideExactly(width, queryHeads);
  const valueDepth = divideExactly(facts.shape(2)[2] as Dim, keyHeads);
  if (typeof depth !== "number" || valueDepth === undefined) return "the size of its heads is not fixed";
  return { batch, length, keyHeads, group: queryHeads / keyHeads, depth, valueDepth };
}

export const linearAttention: LoweringRule = {
  op: "LinearAttention",
  since: 27,
  layout: LOGICAL,
  limits: "the update rules of the specification, with the inputs that each needs",
  refuse(facts) {
    const rule = RULES.get(facts.string("update_rule", "gated_delta"));
    if (!rule) return `its update_rule ${facts.string("update_rule", "")} is not known`;
    if (rule.gated && !facts.has(4)) return "its decay is missing";
    if (rule.delta && !facts.has(5)) return "its beta is missing";
    const sizes = sizesOf(facts);
    return typeof sizes === "string" ? sizes : undefined;
  },
  emit(node) {
    const sizes = sizesOf(node) as Sizes; // refuse has checked it
    const { batch, length, keyHeads, group, depth, valueDepth } = sizes;
    const dtype: DType = node.dtype(0) === "float64" ? "float64" : "float32";
    const state = node.has(3)
      ? node.cast(node.logical(3), dtype)
      : node.op("Fill", [node.values.dims([batch, keyHeads, depth, valueDepth]), node.scalar(dtype, 0)]);
    const count = node.cast(node.values.dim(length), "int32");
    const tokens = tokensOf(node, sizes, dtype);
    const fixed = [batch, keyHeads, group, valueDepth].map((dim) => (typeof dim === "number" ? dim : -1));
    const { states, collected } = countedLoop(
      node.tf,
      count,
      [state],
      [fixed],
      (body, index, before) => step(body, index, before[0] as TfValue, tokens), // one state
      [dtype],
    );
    const [read] = collected as [TfValue];
    const turned = node.op("Transpose", [read, node.int32s([1, 0, 2, 3, 4])]);
    const given = node.float("scale", 0) || 1 / Math.sqrt(depth);
    const output = node.op("Mul", [node.reshape(turned, node.outputShape()), node.scalar(dtype, given)]);
    const last = states[0] as TfValue;
    const present = node.wants(1) ? node.cast(last, node.outputType(1).dtype) : last;
    return [node.cast(output, node.outputType().dtype), present];
  },
};

interface Tokens {
  /** [length, batch, heads, group, depth] */
  readonly query: TfValue;
  /** [length, batch, heads, depth, 1] */
  readonly key: TfValue;
  /** [length, batch, heads, 1, depth of values] */
  readonly value: TfValue;
  /** [length, batch, heads, depth or 1, 1] */
  readonly decay: TfValue | undefined;
  /** [length, batch, heads or 1, 1, 1] */
  readonly beta: TfValue | undefined;
}

/** What one token makes of the state, and what its queries read from it. */
function step(body: FunctionBody, index: TfValue, before: TfValue, tokens: Tokens): Round {
  const { tf } = body;
  const axis = tf.constant(tensorOfNumbers("int32", [], [0]));
  const at = (value: TfValue) => tf.op("GatherV2", [body.capture(value), index, axis]);
  const [query, key, value] = [at(tokens.query), at(tokens.key), at(tokens.value)];
  const kept = tokens.decay ? tf.op("Mul", [before, tf.op("Exp", [at(tokens.decay)])]) : before;
  const corrected = () => tf.op("Sub", [value, tf.op("BatchMatMulV2", [key, kept], { adj_x: true })]);
  const news = tokens.beta ? tf.op("Mul", [corrected(), at(tokens.beta)]) : value;
  const after = tf.op("AddV2", [kept, tf.op("Mul", [key, news])]);
  return { states: [after], collected: [tf.op("BatchMatMulV2", [query, after])] };
}

/** The inputs with one row a token. */
function tokensOf(node: NodeLowering, sizes: Sizes, dtype: DType): Tokens {
  const { batch, length, keyHeads, group, depth, valueDepth } = sizes;
  const rule = RULES.get(node.string("update_rule", "gated_delta"));
  const rows = (input: number, tail: readonly Dim[]) => {
    const split = node.reshape(node.cast(node.logical(input), dtype), [batch, length, ...tail]);
    return node.op("Transpose", [split, node.int32s([1, 0, 2, 3, 4])]);
  };
  const perHead = rule?.gated && node.shape(4)[2] === keyHeads;
  return {
    query: rows(0, [keyHeads, group, depth]),
    key: rows(1, [keyHeads, depth, 1]),
    value: rows(2, [keyHeads, 1, valueDepth]),
    decay: rule?.gated ? rows(4, [keyHeads, perHead ? 1 : depth, 1]) : undefined,
    beta: rule?.delta ? rows(5, [node.shape(5)[2] === 1 ? 1 : keyHeads, 1, 1]) : undefined,
  };
}
