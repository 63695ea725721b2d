// Losses: some models return them. `reduction` is 0 none, 1 mean, 2 sum.
// Source: https://docs.pytorch.org/docs/stable/nn.functional.html#loss-functions
import type { Value } from "../../../graph/graph.ts";
import { type DType, isFloat } from "../../../tensor/dtype.ts";
import type { Facts } from "../argument.ts";
import { broadcastShapes } from "../broadcast.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";
import { log1p, reduceLoss } from "../small-functions.ts";

type Formula = (call: Call, input: Value, target: Value, dtype: DType) => Value;

const gap = (call: Call, a: Value, b: Value) => call.op("Sub", [a, b]);
const size = (call: Call, a: Value, b: Value) => call.op("Abs", [gap(call, a, b)]);
const relu = (call: Call, value: Value) => call.op("Relu", [value]);

const FORMULAS: Readonly<Record<string, Formula>> = {
  mse_loss: (call, input, target) => {
    const difference = gap(call, input, target);
    return call.op("Mul", [difference, difference]);
  },
  l1_loss: (call, input, target) => size(call, input, target),
  /** |d| < beta ? d^2 / (2 beta) : |d| - beta / 2 */
  smooth_l1_loss: (call, input, target, dtype) => {
    const beta = call.float("beta");
    const distance = size(call, input, target);
    if (beta === 0) return distance;
    const near = call.op("Mul", [call.op("Mul", [distance, distance]), call.number(0.5 / beta, dtype)]);
    const far = call.op("Sub", [distance, call.number(beta / 2, dtype)]);
    return call.op("Where", [call.op("Less", [distance, call.number(beta, dtype)]), near, far]);
  },
  /** |d| < delta ? d^2 / 2 : delta (|d| - delta / 2) */
  huber_loss: (call, input, target, dtype) => {
    const delta = call.float("delta");
    const distance = size(call, input, target);
    const near = call.op("Mul", [call.op("Mul", [distance, distance]), call.number(0.5, dtype)]);
    const far = call.op("Mul", [
      call.op("Sub", [distance, call.number(delta / 2, dtype)]),
      call.number(delta, dtype),
    ]);
    return call.op("Where", [call.op("Less", [distance, call.number(delta, dtype)]), near, far]);
  },
  /** log(1 + exp(-y x)) */
  soft_margin_loss: (call, input, target, dtype) =>
    log1p(call, call.op("Exp", [call.op("Neg", [call.op("Mul", [input, target])])]), dtype),
  /** y = 1 ? x : relu(margin - x) */
  hinge_embedding_loss: (call, input, target, dtype) => {
    const zero = call.number(0, dtype);
    const other = relu(call, call.op("Sub", [call.number(call.float("margin"), dtype), input]));
    const same = call.op("Where", [call.op("Equal", [target, call.number(-1, dtype)]), zero, input]);
    return call.op("Add", [
      same,
      call.op("Where", [call.op("Equal", [target, call.number(1, dtype)]), zero, other]),
    ]);
  },
  /** -(y log x + (1 - y) log(1 - x)), logarithms not below -100 */
  binary_cross_entropy: (call, input, target, dtype) => {
    const one = call.number(1, dtype);
    const log = (value: Value) => call.op("Max", [call.op("Log", [value]), call.number(-100, dtype)]);
    const hit = call.op("Mul", [target, log(input)]);
    const miss = call.op("Mul", [gap(call, one, target), log(gap(call, one, input))]);
    return weighted(call, call.op("Neg", [call.op("Add", [hit, miss])]), dtype);
  },
  /** (1 - y) x + w softplus(-x), w = 1 + (pos_weight - 1) y */
  binary_cross_entropy_with_logits: (call, input, target, dtype) => {
    const one = call.number(1, dtype);
    const soft = call.op("Softplus", [call.op("Neg", [input])]);
    const weight = call.has("pos_weight")
      ? call.op("Add", [one, call.op("Mul", [gap(call, call.as("pos_weight", dtype), one), target])])
      : undefined;
    const right = weight ? call.op("Mul", [weight, soft]) : soft;
    return weighted(call, call.op("Add", [call.op("Mul", [gap(call, one, target), input]), right]), dtype);
  },
  /** y (log y - x), or exp(y) (y - x) if the target is a logarithm */
  kl_div: (call, input, target, dtype) => {
    if (call.bool("log_target")) return call.op("Mul", [call.op("Exp", [target]), gap(call, target, input)]);
    const product = call.op("Mul", [target, gap(call, call.op("Log", [target]), input)]);
    return call.op("Where", [
      call.op("Equal", [target, call.number(0, dtype)]),
      call.number(0, dtype),
      product,
    ]);
  },
};

function weighted(call: Call, loss: Value, dtype: DType): Value {
  return call.has("weight") ? call.op("Mul", [loss, call.as("weight", dtype)]) : loss;
}

export const PAIR_LOSS: Rule = {
  targets: Object.keys(FORMULAS).map((name) => `aten::${name}.default`),
  emit(call) {
    const { dtype } = call.result();
    const formula = FORMULAS[call.name] as Formula; // the table has the target
    const rank = broadcastShapes([call.shape("self"), call.shape("target")]).length;
    return reduceLoss(call, formula(call, call.as("self", dtype), call.as("target", dtype), dtype), rank);
  },
};

/** PyTorch computes losses of integers in integers, which wrap around; nobody means that. */
function refuseIntegers(call: Facts, names: readonly string[]): string | undefined {
  return names.every((name) => isFloat(call.dtypeOf(name)))
    ? undefined
    : "it compares integers; give it floats";
}

/** relu(-y (x1 - x2) + margin) */
export const MARGIN_RANKING: Rule = {
  targets: ["aten::margin_ranking_loss.default"],
  limits: "not of integers",
  refuse: (call) => refuseIntegers(call, ["input1", "input2", "target"]),
  emit(call) {
    const { dtype } = call.result();
    const [a, b, y] = [call.as("input1", dtype), call.as("input2", dtype), call.as("target", dtype)];
    const signed = call.op("Mul", [call.op("Neg", [y]), gap(call, a, b)]);
    const loss = relu(call, call.op("Add", [signed, call.number(call.float("margin"), dtype)]));
    const rank = broadcastShapes([call.shape("input1"), call.shape("input2"), call.shape("target")]).length;
    return reduceLoss(call, loss, rank);
  },
};
