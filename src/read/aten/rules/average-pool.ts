// Mean of each window. PyTorch counts the padding by default, but never what lies beyond it in ceil_mode.
import { int, ints } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { type PoolWindow, poolWindow } from "../pool-window.ts";
import type { Rule } from "../rule.ts";

export const AVERAGE_POOL: Rule = {
  targets: ["aten::avg_pool1d.default", "aten::avg_pool2d.default", "aten::avg_pool3d.default"],
  emit(call) {
    const count = Number(/\dd/.exec(call.name)?.[0][0]);
    const shape = call.shape("self");
    const window = poolWindow(call, count, shape.slice(-count));
    const unbatched = shape.length === count + 1;
    const input = unbatched ? call.unsqueeze(call.tensor("self"), 0) : call.tensor("self");
    const output = average(call, input, window);
    return unbatched ? call.squeeze(output, 0) : output;
  },
};

function average(call: Call, input: Value, window: PoolWindow): Value {
  const { dtype } = call.result();
  const override = call.has("divisor_override") ? call.int("divisor_override") : undefined;
  if (override !== undefined) {
    const area = window.kernel.reduce((product, size) => product * size, 1);
    const mean = call.op("AveragePool", [input], attributes(window, window.padding, true));
    return call.op("Mul", [mean, call.number(area / override, dtype)]);
  }
  const counted = call.bool("count_include_pad") && window.padding.some((pad) => pad > 0);
  const exact = window.overhang?.every((size) => size === 0);
  if (!counted || exact) return call.op("AveragePool", [input], attributes(window, window.padding, counted));
  if (!window.overhang) throw new Refusal("ceil_mode with counted padding needs fixed sizes of the input");
  return call.op(
    "AveragePool",
    [padded(call, input, window)],
    attributes(
      window,
      window.padding.map(() => 0),
      false,
    ),
  );
}

/** The input with its padding made real, so that it is counted while the overhang is not. */
function padded(call: Call, input: Value, window: PoolWindow): Value {
  const pads = [0, 0, ...window.padding];
  return call.op("Pad", [input, call.builder.int64s([...pads, ...pads])]);
}

function attributes(window: PoolWindow, padding: readonly number[], counted: boolean) {
  const ends = padding.map((pad, axis) => pad + (window.overhang?.[axis] ?? 0));
  return {
    kernel_shape: ints(window.kernel),
    strides: ints(window.stride),
    pads: ints([...padding, ...ends]),
    ...(counted ? { count_include_pad: int(1) } : {}),
    ...(window.overhang ? {} : { ceil_mode: int(1) }),
  };
}
