// Normalisation of groups of channels, and of each channel by itself.
// Method: the groups become the channels of an InstanceNormalization, for which ONNX Runtime has a kernel.
// Source: https://arxiv.org/abs/1803.08494
import { float } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import { divideExactly, productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const GROUP_NORM: Rule = {
  targets: ["aten::group_norm.default"],
  emit: (call) => grouped(call, call.int("num_groups")),
};

export const NATIVE_GROUP_NORM: Rule = {
  targets: ["aten::native_group_norm.default"],
  emit: (call) => [
    grouped(call, call.int("group")),
    ...(call.wants(1) || call.wants(2) ? statistics(call) : []),
  ],
};

export const INSTANCE_NORM: Rule = {
  targets: ["aten::instance_norm.default"],
  emit(call) {
    const channels = call.shape("input")[1] as Dim;
    const scale = call.optional("weight") ?? filled(call, channels, 1);
    const bias = call.optional("bias") ?? filled(call, channels, 0);
    const epsilon = { epsilon: float(call.float("eps")) };
    const [mean, variance] = [call.optional("running_mean"), call.optional("running_var")];
    if (call.bool("use_input_stats") || !mean || !variance) {
      return call.op("InstanceNormalization", [call.tensor("input"), scale, bias], epsilon);
    }
    return call.op("BatchNormalization", [call.tensor("input"), scale, bias, mean, variance], epsilon);
  },
};

function grouped(call: Call, groups: number): Value {
  const { shape, dtype } = call.type("input");
  const [batch, channels, ...spatial] = shape as [Dim, Dim, ...Dim[]];
  const size = divideExactly(productOf([channels, ...spatial]), groups);
  if (size === undefined) throw new Refusal(`${groups} groups do not divide ${channels} channels`);
  const folded: Dim[] = [batch, groups, size];
  const input = call.reshape(call.tensor("input"), shape, folded);
  const inputs = [input, filled(call, groups, 1), filled(call, groups, 0)];
  const normal = call.op("InstanceNormalization", inputs, { epsilon: float(call.float("eps")) });
  let result = call.reshape(normal, folded, shape);
  const onChannels: Dim[] = [channels, ...spatial.map(() => 1)];
  for (const [name, op] of [
    ["weight", "Mul"],
    ["bias", "Add"],
  ] as const) {
    if (call.has(name))
      result = call.op(op, [result, call.reshape(call.as(name, dtype), [channels], onChannels)]);
  }
  return result;
}

/** Mean and reciprocal deviation of each group, [batch, groups]. */
function statistics(call: Call): Value[] {
  const { shape, dtype } = call.type("input");
  const groups = call.int("group");
  const size = divideExactly(productOf(shape.slice(1)), groups) ?? 1;
  const input = call.reshape(call.tensor("input"), shape, [shape[0] as Dim, groups, size]);
  const mean = call.reduce("ReduceMean", input, [2], true);
  const centred = call.op("Sub", [input, mean]);
  const variance = call.reduce("ReduceMean", call.op("Mul", [centred, centred]), [2], false);
  const deviation = call.op("Sqrt", [call.op("Add", [variance, call.number(call.float("eps"), dtype)])]);
  return [call.squeeze(mean, 2), call.op("Reciprocal", [deviation])];
}

function filled(call: Call, size: Dim, value: number): Value {
  return call.expand(call.table(call.dtypeOf("input"), [1], [value]), [1], [size]);
}
