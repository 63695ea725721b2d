// Losses of classification: the negative logarithm of the probability of the right class (axis 1).
// Targets are class numbers, or for cross entropy probabilities of the input's shape.
import { int, string } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import { isFloat } from "../../../tensor/dtype.ts";
import { fixedSize, Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";
import { reduceLoss } from "../small-functions.ts";

const REDUCTIONS = ["none", "mean", "sum"] as const;

export const NLL_LOSS: Rule = {
  targets: ["aten::nll_loss_nd.default", "aten::nll_loss.default", "aten::nll_loss2d.default"],
  emit: (call) => negativeLogLikelihood(call, call.tensor("self")),
};

/** Gives the sum of the weights too. */
export const NLL_LOSS_FORWARD: Rule = {
  targets: ["aten::nll_loss_forward.default", "aten::nll_loss2d_forward.default"],
  emit: (call) => [negativeLogLikelihood(call, call.tensor("self"))],
};

export const CROSS_ENTROPY: Rule = {
  targets: ["aten::cross_entropy_loss.default"],
  emit(call) {
    const rank = call.rank("self");
    const logs = call.op("LogSoftmax", [call.tensor("self")], { axis: int(rank === 1 ? 0 : 1) });
    if (isFloat(call.dtypeOf("target"))) return byProbabilities(call, logs);
    const smoothing = call.float("label_smoothing");
    const hard = negativeLogLikelihood(call, logs);
    if (smoothing === 0) return hard;
    throw new Refusal("label smoothing with class numbers is not supported");
  },
};

function negativeLogLikelihood(call: Call, logs: Value): Value {
  const unbatched = call.rank("self") === 1;
  const lift = (value: Value) => (unbatched ? call.unsqueeze(value, 0) : value);
  const target = call.rank("target") === 0 || unbatched ? liftTarget(call) : call.tensor("target");
  const inputs = [lift(logs), target, ...(call.has("weight") ? [call.tensor("weight")] : [])];
  const loss = call.op("NegativeLogLikelihoodLoss", inputs, {
    reduction: string(REDUCTIONS[call.int("reduction")] ?? "mean"),
    ignore_index: int(call.int("ignore_index")),
  });
  return unbatched && call.int("reduction") === 0 ? call.squeeze(loss, 0) : loss;
}

function liftTarget(call: Call): Value {
  return call.rank("target") === 0 ? call.unsqueeze(call.tensor("target"), 0) : call.tensor("target");
}

/** -sum over classes of weight * p * log q; the mean is over the batch and positions */
function byProbabilities(call: Call, logs: Value): Value {
  const { dtype, shape } = call.type("self");
  const rank = shape.length;
  const axis = rank === 1 ? 0 : 1;
  const smoothing = call.float("label_smoothing");
  let target = call.as("target", dtype);
  if (smoothing > 0) {
    const classes = fixedSize(shape[axis]);
    const kept = call.op("Mul", [target, call.number(1 - smoothing, dtype)]);
    target = call.op("Add", [kept, call.number(smoothing / classes, dtype)]);
  }
  let terms = call.op("Mul", [target, logs]);
  if (call.has("weight")) {
    const spread = new Array<number>(rank - axis - 1).fill(0).map((_, index) => index + 1);
    terms = call.op("Mul", [
      terms,
      spread.length > 0 ? call.unsqueeze(call.as("weight", dtype), ...spread) : call.as("weight", dtype),
    ]);
  }
  const loss = call.op("Neg", [call.reduce("ReduceSum", terms, [axis], false)]);
  return reduceLoss(call, loss, rank - 1);
}
