// Largest element of each window. The indices count within a channel's plane, ONNX's over the whole tensor.
import { int, ints } from "../../../graph/attribute.ts";
import { productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { type PoolWindow, poolWindow } from "../pool-window.ts";
import type { Rule } from "../rule.ts";

export const MAX_POOL: Rule = {
  targets: ["aten::max_pool1d.default", "aten::max_pool2d.default", "aten::max_pool3d.default"],
  emit: (call) => pool(call, false),
};

export const MAX_POOL_INDICES: Rule = {
  targets: [
    "aten::max_pool1d_with_indices.default",
    "aten::max_pool2d_with_indices.default",
    "aten::max_pool3d_with_indices.default",
  ],
  emit: (call) => pool(call, call.wants(1)),
};

/** The padding made real with elements that never win. */
function paddedFirst(
  call: Call,
  input: Value,
  window: PoolWindow,
  ends: readonly number[],
  unbatched: boolean,
): Value {
  const { dtype } = call.type("self");
  const lowest = LOWEST[dtype];
  if (lowest === undefined) throw new Refusal(`it pads ${dtype} by more than a kernel`);
  const pads = [0, 0, ...window.padding, 0, 0, ...ends];
  const padded = call.op("Pad", [input, call.builder.int64s(pads), call.number(lowest, dtype)]);
  const output = call.op("MaxPool", [padded], {
    kernel_shape: ints(window.kernel),
    strides: ints(window.stride),
    dilations: ints(window.dilation),
  });
  return unbatched ? call.squeeze(output, 0) : output;
}

const LOWEST: Partial<Record<DType, number>> = {
  float64: Number.NEGATIVE_INFINITY,
  float32: Number.NEGATIVE_INFINITY,
  float16: Number.NEGATIVE_INFINITY,
  bfloat16: Number.NEGATIVE_INFINITY,
  int32: -(2 ** 31),
  int16: -(2 ** 15),
  int8: -(2 ** 7),
  uint8: 0,
};

function pool(call: Call, wantsIndices: boolean): Value[] {
  const count = Number(/\dd/.exec(call.name)?.[0][0]);
  const shape = call.shape("self");
  const sizes = shape.slice(-count);
  const window = poolWindow(call, count, sizes);
  const unbatched = shape.length === count + 1;
  const input = unbatched ? call.unsqueeze(call.tensor("self"), 0) : call.tensor("self");
  const ends = window.padding.map((pad, axis) => pad + (window.overhang?.[axis] ?? 0));
  // ONNX Runtime takes no padding as large as the kernel.
  const tooWide = ends.some((end, axis) => end >= (window.kernel[axis] ?? 1));
  if (tooWide && wantsIndices) throw new Refusal("it pads by a kernel or more, and the places are wanted");
  if (tooWide) return [paddedFirst(call, input, window, ends, unbatched)];
  const attributes = {
    kernel_shape: ints(window.kernel),
    strides: ints(window.stride),
    dilations: ints(window.dilation),
    pads: ints([...window.padding, ...ends]),
    ...(window.overhang ? {} : { ceil_mode: int(1) }),
  };
  const outputs = call.builder.emitAll("MaxPool", [input], attributes, { outputs: wantsIndices ? 2 : 1 });
  const [values, flat] = unbatched ? outputs.map((output) => call.squeeze(output, 0)) : outputs;
  if (!values) return [];
  return flat ? [values, call.op("Mod", [flat, call.dimEmitter.scalar(productOf(sizes))])] : [values];
}
