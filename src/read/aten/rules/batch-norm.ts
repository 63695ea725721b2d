// Batch normalisation with running statistics, or with the batch's own in training mode and where the model keeps none.
// y = (x - mean) / sqrt(var + epsilon) * weight + bias, for each channel (axis 1)
import { float } from "../../../graph/attribute.ts";
import { type Dim, productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { isFloat } from "../../../tensor/dtype.ts";
import type { Facts } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const BATCH_NORM: Rule = {
  targets: ["aten::batch_norm.default"],
  emit: (call) => (usesBatch(call) ? byBatch(call)[0] : byRunning(call)),
};

/** Gives the mean and the reciprocal of the deviation too; the functional forms also what the running statistics become. */
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
  emit(call) {
    const empty = (index: number) =>
      call.wants(index) ? call.table(call.result(index).dtype, [0], []) : undefined;
    if (!usesBatch(call)) return [byRunning(call), empty(1), empty(2), empty(3)];
    const [result, mean, inverse, variance] = byBatch(call);
    const running = updated(call, mean, variance);
    // The reserve is scratch memory of one kernel.
    if (call.name.startsWith("_batch_norm_with_update")) return [result, mean, inverse, empty(3), ...running];
    return [result, mean, inverse, ...running];
  },
};

function usesBatch(call: Facts): boolean {
  // Without any channels ONNX Runtime takes no statistics of them.
  if (call.shape("input").includes(0)) return true;
  if (!call.has("running_mean") || call.name.includes("with_update")) return true;
  return call.has("training") && call.bool("training");
}

function parameter(call: Call, name: string, fallback: number): Value {
  const channels = call.shape("input")[1] ?? 1;
  const { dtype } = call.type(call.has("running_mean") ? "running_mean" : "input");
  return call.optional(name) ?? call.expand(call.table(dtype, [1], [fallback]), [1], [channels]);
}

function byRunning(call: Call): Value {
  const inputs = [
    call.tensor("input"),
    parameter(call, "weight", 1),
    parameter(call, "bias", 0),
    call.tensor("running_mean"),
    call.tensor("running_var"),
  ];
  return call.op("BatchNormalization", inputs, { epsilon: float(call.float("eps")) });
}

/** The result, and the batch's mean, reciprocal of the deviation, and variance, each a vector of channels. */
function byBatch(call: Call): [Value, Value, Value, Value] {
  const { shape, dtype } = call.type("input");
  const input = call.tensor("input");
  const axes = [...shape.keys()].filter((axis) => axis !== 1);
  const spatial = axes.slice(1).map((axis) => axis - 1);
  const onChannels = (value: Value) => (spatial.length > 0 ? call.unsqueeze(value, ...spatial) : value);
  const mean = call.reduce("ReduceMean", input, axes, true);
  const centred = call.op("Sub", [input, mean]);
  const variance = call.reduce("ReduceMean", call.op("Mul", [centred, centred]), axes, true);
  const deviation = call.op("Sqrt", [call.op("Add", [variance, call.number(call.float("eps"), dtype)])]);
  const weight = call.has("weight") ? call.as("weight", dtype) : undefined;
  const bias = call.has("bias") ? call.as("bias", dtype) : undefined;
  const scaled = call.op("Div", [centred, deviation]);
  const weighted = weight ? call.op("Mul", [scaled, onChannels(weight)]) : scaled;
  const result = bias ? call.op("Add", [weighted, onChannels(bias)]) : weighted;
  const flat = (value: Value) => call.squeeze(value, ...axes);
  return [result, flat(mean), flat(call.op("Reciprocal", [deviation])), flat(variance)];
}

/** (1 - momentum) * old + momentum * new; the variance that runs on is the unbiased one. */
function updated(call: Call, mean: Value, variance: Value): (Value | undefined)[] {
  if (!call.name.endsWith("functional")) return [];
  const { shape } = call.type("input");
  const { dtype } = call.type("running_mean");
  const momentum = call.float("momentum");
  const count = productOf(shape.filter((_, axis) => axis !== 1));
  const blend = (old: string, now: Value) =>
    call.op("Add", [
      call.op("Mul", [call.tensor(old), call.number(1 - momentum, dtype)]),
      call.op("Mul", [now, call.number(momentum, dtype)]),
    ]);
  return [blend("running_mean", mean), blend("running_var", unbiased(call, variance, count))];
}

function unbiased(call: Call, variance: Value, count: Dim): Value {
  const { dtype } = call.type("running_mean");
  if (!isFloat(dtype)) return variance;
  const size = call.cast(call.dimEmitter.scalar(count), "int64", dtype);
  const factor = call.op("Div", [size, call.op("Sub", [size, call.number(1, dtype)])]);
  return call.op("Mul", [variance, factor]);
}
