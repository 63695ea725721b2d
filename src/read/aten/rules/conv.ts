// Convolutions of one, two and three dimensions, also transposed ones.
// Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
// Layout: input [N, C, ...] or, without a batch, [C, ...]; weight [out, in / groups, ...], transposed [in, out / groups, ...].
import { int, ints } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Facts } from "../argument.ts";
import type { Call } from "../call.ts";
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
  const rank = window.kernel.length + 2;
  const unbatched = call.rank("input") < rank;
  const input = unbatched ? call.unsqueeze(call.tensor("input"), 0) : call.tensor("input");
  const attributes = {
    kernel_shape: ints(window.kernel),
    strides: ints(window.stride),
    dilations: ints(window.dilation),
    pads: ints(window.pads),
    group: int(call.int("groups")),
  };
  const inputs = [input, call.tensor("weight"), ...(call.has("bias") ? [call.tensor("bias")] : [])];
  const output = window.outputPadding
    ? call.op("ConvTranspose", inputs, { ...attributes, output_padding: ints(window.outputPadding) })
    : call.op("Conv", inputs, attributes);
  return unbatched ? call.squeeze(output, 0) : output;
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
