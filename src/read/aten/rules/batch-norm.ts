// Batch normalisation with running statistics, or with the batch's own where the model keeps none.
// y = (x - mean) / sqrt(var + epsilon) * weight + bias, for each channel (axis 1)
import { float } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Facts } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

const TRAINING = "the model is in training mode; call .eval() before exporting";

export const BATCH_NORM: Rule = {
  targets: ["aten::batch_norm.default"],
  refuse: (call) => (call.has("running_mean") && call.bool("training") ? TRAINING : undefined),
  emit: (call) => normalise(call),
};

export const NATIVE_BATCH_NORM: Rule = {
  targets: [
    "aten::_native_batch_norm_legit_no_training.default",
    "aten::_native_batch_norm_legit.default",
    "aten::_native_batch_norm_legit.no_stats",
    "aten::native_batch_norm.default",
    "aten::_batch_norm_no_update.default",
    "aten::_native_batch_norm_legit_functional.default",
    "aten::_batch_norm_with_update.default",
    "aten::_batch_norm_with_update_functional.default",
  ],
  refuse: refuseNative,
  emit: (call) => [normalise(call)],
};

function refuseNative(call: Facts): string | undefined {
  if (/with_update|functional/.test(call.name)) return TRAINING;
  return call.has("running_mean") && call.has("training") && call.bool("training") ? TRAINING : undefined;
}

function normalise(call: Call): Value {
  const input = call.tensor("input");
  const channels = call.shape("input")[1] ?? 1;
  const { dtype } = call.type("input");
  const parameter = (name: string, fallback: number) =>
    call.optional(name) ?? call.expand(call.table(dtype, [1], [fallback]), [1], [channels]);
  const scale = parameter("weight", 1);
  const bias = parameter("bias", 0);
  const epsilon = call.float("eps");
  const mean = call.optional("running_mean");
  const variance = call.optional("running_var");
  if (mean && variance)
    return call.op("BatchNormalization", [input, scale, bias, mean, variance], { epsilon: float(epsilon) });
  return byBatchStatistics(call, input, scale, bias, epsilon);
}

function byBatchStatistics(call: Call, input: Value, scale: Value, bias: Value, epsilon: number): Value {
  const { shape, dtype } = call.type("input");
  const axes = [...shape.keys()].filter((axis) => axis !== 1);
  const spatial = axes.slice(1).map((axis) => axis - 1);
  const onChannels = (value: Value) => (spatial.length > 0 ? call.unsqueeze(value, ...spatial) : value);
  const centred = call.op("Sub", [input, call.reduce("ReduceMean", input, axes, true)]);
  const variance = call.reduce("ReduceMean", call.op("Mul", [centred, centred]), axes, true);
  const deviation = call.op("Sqrt", [call.op("Add", [variance, call.number(epsilon, dtype)])]);
  const scaled = call.op("Mul", [call.op("Div", [centred, deviation]), onChannels(scale)]);
  return call.op("Add", [scaled, onChannels(bias)]);
}
