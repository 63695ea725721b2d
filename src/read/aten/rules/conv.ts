// Convolutions of one, two and three dimensions, also transposed ones.
// Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
// Layout: input [N, C, ...] or, without a batch, [C, ...]; weight [out, in / groups, ...], transposed [in, out / groups, ...].
import { type Attribute, int, ints } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { type Facts, Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { inFreeGroups } from "../free-groups.ts";
import type { Rule } from "../rule.ts";

interface Window {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Begins of all axes, then ends, as ONNX has them. */
  readonly pads: readonly number[];
  readonly kernel: readonly number[];
  /** Undefined for a convolution that is not transposed. */
  readonly outputPadding: readonly number[] | undefined;
}

export const CONVOLUTION: Rule = {
  targets: [
    "aten::conv1d.default",
    "aten::conv2d.default",
    "aten::conv3d.default",
    "aten::conv1d.padding",
    "aten::conv2d.padding",
    "aten::conv3d.padding",
    "aten::conv_transpose1d.default",
    "aten::conv_transpose2d.input",
    "aten::conv_transpose3d.input",
    "aten::convolution.default",
    "aten::_convolution.default",
    "aten::_convolution.deprecated",
    "aten::_convolution_mode.default",
  ],
  emit: emitConvolution,
};

function emitConvolution(call: Call): Value {
  const window = windowOf(call);
  const groups = call.dim("groups");
  if (typeof groups !== "number") return freelyGrouped(call, groups, window);
  const rank = window.kernel.length + 2;
  const unbatched = call.rank("input") < rank;
  const input = unbatched ? call.unsqueeze(call.tensor("input"), 0) : call.tensor("input");
  const attributes = {
    kernel_shape: ints(window.kernel),
    strides: ints(window.stride),
    dilations: ints(window.dilation),
    pads: ints(window.pads),
    group: int(groups),
  };
  const inputs = [input, call.tensor("weight"), ...(call.has("bias") ? [call.tensor("bias")] : [])];
  const output = window.outputPadding
    ? transposed(call, inputs, attributes, window, window.outputPadding)
    : call.op("Conv", inputs, attributes);
  return unbatched ? call.squeeze(output, 0) : output;
}

function freelyGrouped(call: Call, groups: Dim, window: Window): Value {
  if (call.rank("input") < window.kernel.length + 2)
    throw new Refusal(
      `its argument groups is ${groups} and its input has no batch; a fixed number is wanted`,
    );
  const operand = (name: string) => ({ value: call.tensor(name), shape: call.shape(name) });
  const [extra, count] = [window.outputPadding, window.kernel.length];
  if (extra?.some((size, axis) => size >= (window.stride[axis] ?? 1)))
    throw new Refusal(`its argument groups is ${groups} and its output is padded by a stride or more`);
  const attributes = {
    kernel_shape: ints(window.kernel),
    strides: ints(window.stride),
    dilations: ints(window.dilation),
    pads: ints(window.pads),
    ...(extra ? { output_padding: ints(extra.slice(0, count)) } : {}),
  };
  const operands = {
    input: operand("input"),
    weight: operand("weight"),
    ...(call.has("bias") ? { bias: operand("bias") } : {}),
  };
  return inFreeGroups(call, groups, operands, call.result().shape, (builder, inputs) =>
    builder.emit(extra ? "ConvTranspose" : "Conv", inputs, attributes),
  );
}

/** ONNX Runtime takes no output padding as large as the stride; less padding at the end is the same. */
function transposed(
  call: Call,
  inputs: readonly Value[],
  attributes: Readonly<Record<string, Attribute>>,
  window: Window,
  extra: readonly number[],
): Value {
  const count = extra.length;
  const ends = extra.map((size, axis) => (window.pads[count + axis] ?? 0) - size);
  if (extra.every((size, axis) => size < (window.stride[axis] ?? 1)))
    return call.op("ConvTranspose", inputs, { ...attributes, output_padding: ints(extra) });
  const pads = [...window.pads.slice(0, count), ...ends.map((end) => Math.max(0, end))];
  if (ends.every((end) => end >= 0))
    return call.op("ConvTranspose", inputs, { ...attributes, pads: ints(pads) });
  // Beyond the last product there is only the bias.
  const product = call.op("ConvTranspose", inputs.slice(0, 2), { ...attributes, pads: ints(pads) });
  const missing = [0, 0, ...ends.map((end) => Math.max(0, -end))];
  const grown = call.op("Pad", [product, call.builder.int64s([...missing.map(() => 0), ...missing])]);
  const bias = inputs[2];
  const spatial = extra.map((_, axis) => axis + 1);
  return bias ? call.op("Add", [grown, call.unsqueeze(bias, ...spatial)]) : grown;
}

function windowOf(call: Facts): Window {
  const kernel = call.shape("weight").slice(2).map(Number);
  const count = kernel.length;
  const dilation = call.spread("dilation", count);
  const transposed =
    call.name.startsWith("conv_transpose") || (call.has("transposed") && call.bool("transposed"));
  return {
    kernel,
    dilation,
    stride: call.spread("stride", count),
    pads: padsOf(call, kernel, dilation),
    outputPadding: transposed ? call.spread("output_padding", count) : undefined,
  };
}

/** "same" pads one more at the end where the total is odd. */
function padsOf(call: Facts, kernel: readonly number[], dilation: readonly number[]): number[] {
  if (call.argument("padding").kind !== "string") {
    const padding = call.spread("padding", kernel.length);
    return [...padding, ...padding];
  }
  if (call.string("padding") === "valid") return new Array<number>(2 * kernel.length).fill(0);
  const totals = kernel.map((size, axis) => (dilation[axis] ?? 1) * (size - 1));
  const begins = totals.map((total) => Math.floor(total / 2));
  return [...begins, ...totals.map((total, axis) => total - (begins[axis] ?? 0))];
}
