// ConvInteger and QLinearConv: convolutions of 8-bit numbers less their zero points, summed exactly in int32.
// Source: https://onnx.ai/onnx/operators/onnx__QLinearConv.html
// A pad is a zero of what is convolved: the zero point of the data. Groups are convolutions side by side.
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { padValue } from "../pad-value.ts";
import { requantized } from "../requantized.ts";
import { CHANNELS_LAST, type LoweringRule } from "../rule.ts";
import { deepened, type Window, windowOf } from "../window.ts";

/** Where the inputs stand. */
interface Inputs {
  readonly xZero: number;
  readonly weight: number;
  readonly wZero: number;
}

function windowAt(facts: NodeFacts, weight: number): Window | string {
  const kernel = facts.shape(weight).slice(2);
  if (!kernel.every((size) => typeof size === "number")) return "the size of its kernel is not known";
  if (kernel.length < 1 || kernel.length > 2) {
    return `${kernel.length} spatial dimensions, TensorFlow convolves integers in 1 or 2`;
  }
  return windowOf(facts, kernel as number[]);
}

function refuseAt(facts: NodeFacts, weight: number): string | undefined {
  const window = windowAt(facts, weight);
  return typeof window === "string" ? window : undefined;
}

/** The int32 sums, channels-last. */
function sums(node: NodeLowering, inputs: Inputs): TfValue {
  const window = windowAt(node, inputs.weight) as Window; // refuse has checked it
  const flat = window.kernel.length === 1;
  const { strides, dilations, begin, end } = flat ? deepened(window) : window;
  const image = lessZero(node, node.data(), inputs.xZero, []);
  const deep = flat ? node.op("ExpandDims", [image, node.int32(1)]) : image;
  const padded = padValue(node, deep, [0, ...begin, 0], [0, ...end, 0]);
  const filter = filterOf(node, inputs, flat);
  const groups = node.int("group", 1);
  const parts = (value: TfValue) =>
    groups === 1 ? [value] : node.tf.ops("Split", [node.int32(3), value], { num_split: groups });
  const filters = parts(filter);
  const convolved = parts(padded).map((part, group) =>
    node.op("Conv2D", [part, filters[group] as TfValue], {
      strides: [1, ...strides, 1],
      padding: "VALID",
      dilations: dilations.some((dilation) => dilation > 1) ? [1, ...dilations, 1] : undefined,
    }),
  );
  const y = groups === 1 ? (convolved[0] as TfValue) : node.op("ConcatV2", [convolved, node.int32(3)]);
  return flat ? node.op("Squeeze", [y], { squeeze_dims: [1] }) : y;
}

/** `value` as int32, less its zero point, which has `shape` where it is not one number. */
function lessZero(node: NodeLowering, value: TfValue, zero: number, shape: readonly number[]): TfValue {
  const wide = node.cast(value, "int32");
  if (!node.has(zero)) return wide;
  const single = node.rank(zero) === 0 || node.shape(zero)[0] === 1;
  const point = node.op("Reshape", [
    node.cast(node.logical(zero), "int32"),
    node.int64s(single ? [] : shape),
  ]);
  return node.op("Sub", [wide, point]);
}

/** [M, C/g, k...] -> [k..., C/g, M], in two dimensions; its zero point is one number or one for each output channel. */
function filterOf(node: NodeLowering, { weight, wZero }: Inputs, flat: boolean): TfValue {
  const spatial = node.rank(weight) - 2;
  const perOutput = [-1, 1, ...new Array<number>(spatial).fill(1)];
  const filter = lessZero(node, node.logical(weight), wZero, perOutput);
  const axes = Array.from({ length: spatial }, (_, axis) => axis + 2);
  const turned = node.op("Transpose", [filter, node.int32s([...axes, 1, 0])]);
  return flat ? node.op("ExpandDims", [turned, node.int32(0)]) : turned;
}

export const convInteger: LoweringRule = {
  op: "ConvInteger",
  since: 10,
  layout: CHANNELS_LAST,
  limits: "1 or 2 spatial dimensions",
  refuse: (facts) => refuseAt(facts, 1),
  emit: (node) => sums(node, { xZero: 2, weight: 1, wZero: 3 }),
};

export const qlinearConv: LoweringRule = {
  op: "QLinearConv",
  since: 10,
  layout: CHANNELS_LAST,
  limits: "1 or 2 spatial dimensions",
  refuse: (facts) => refuseAt(facts, 3),
  emit(node) {
    const sum = sums(node, { xZero: 2, weight: 3, wZero: 5 });
    const biased = node.has(8) ? node.op("AddV2", [sum, node.logical(8)]) : sum;
    const scales = [node.single(1), node.logical(4)] as const; // the weight's, [M] or one, meets the last axis
    const y = { scale: node.single(6), zero: node.single(7) };
    const dtype: DType = node.outputType().dtype;
    return requantized(node, biased, scales, y, dtype);
  },
};
