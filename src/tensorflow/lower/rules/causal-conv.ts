// CausalConvWithState: a depthwise convolution over the present and what stood before it, and what stands before the
// next call. Source: https://onnx.ai/onnx/operators/onnx__CausalConvWithState.html
import type { TfValue } from "../../graph.ts";
import { channelsLast } from "../../layout/layout.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { CHANNELS_LAST, type LoweringRule } from "../rule.ts";
import { kernelType } from "../widened.ts";

const ACTIVATIONS: ReadonlySet<string> = new Set(["none", "silu", "swish"]);

export const causalConv: LoweringRule = {
  op: "CausalConvWithState",
  since: 27,
  layout: CHANNELS_LAST,
  limits: "the kernel is known; activations none, silu and swish",
  refuse(facts) {
    const activation = facts.string("activation", "none");
    if (!ACTIVATIONS.has(activation)) return `its activation ${activation} is not known`;
    const [channels, , size] = facts.shape(1);
    const fixed = typeof channels === "number" && typeof size === "number";
    return fixed ? undefined : "the size of its kernel is not known before the model runs";
  },
  emit(node) {
    const dtype = kernelType("DepthwiseConv2dNative", node.dtype(0));
    const [channels, , size] = node.shape(1) as [number, number, number]; // refuse has checked it
    const whole = withPast(node, size, channels);
    const row = node.op("ExpandDims", [node.cast(whole, dtype), node.int32(1)]);
    const turned = node.op("Transpose", [node.cast(node.logical(1), dtype), node.int32s([2, 0, 1])]);
    const filter = node.op("Reshape", [turned, node.int32s([1, size, channels, 1])]);
    const attributes = { strides: [1, 1, 1, 1], padding: "VALID" };
    const y = node.op("Squeeze", [node.op("DepthwiseConv2dNative", [row, filter], attributes)], {
      squeeze_dims: [1],
    });
    const biased = node.has(2) ? node.op("BiasAdd", [y, node.cast(node.logical(2), dtype)]) : y;
    return [node.cast(activated(node, biased), node.dtype(0)), lastOf(node, whole, size)];
  },
};

/** [batch, size - 1 + length, channels] */
function withPast(node: NodeLowering, size: number, channels: number): TfValue {
  const batch = node.shape(0)[0] ?? 1;
  const past = node.has(3)
    ? node.in(3, channelsLast(3))
    : node.op("Fill", [node.values.dims([batch, size - 1, channels]), node.scalar(node.dtype(0), 0)]);
  return node.op("ConcatV2", [[past, node.data()], node.int32(1)]);
}

// silu(x) = x * sigmoid(x)
function activated(node: NodeLowering, x: TfValue): TfValue {
  return node.string("activation", "none") === "none" ? x : node.op("Mul", [x, node.op("Sigmoid", [x])]);
}

/** The last size - 1 rows, as [batch, channels, size - 1]. */
function lastOf(node: NodeLowering, whole: TfValue, size: number): TfValue {
  const rows = size === 1 ? node.slice(whole, 3, 1, 0, 0) : node.slice(whole, 3, 1, 1 - size, undefined);
  return node.op("Transpose", [rows, node.int32s([0, 2, 1])]);
}
