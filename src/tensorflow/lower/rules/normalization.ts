// Normalisations, by their formulas. Statistics and their use stay in float32 or wider, as stash_type asks.
// Source: https://onnx.ai/onnx/operators/onnx__BatchNormalization.html, __LayerNormalization, __GroupNormalization
import type { DType } from "../../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { ANY_ORDER, LOGICAL, type LoweringRule } from "../rule.ts";

const NARROW: readonly DType[] = ["float16", "bfloat16"];

/** The dtype in which statistics are computed. */
function statisticsType(facts: NodeFacts): DType {
  return NARROW.includes(facts.dtype(0)) ? "float32" : facts.dtype(0);
}

/** A vector along logical axis 1 that broadcasts over the data's layout. */
function perChannel(node: NodeLowering, vector: TfValue): TfValue {
  const at = node.physical(1);
  const rank = node.rank(0);
  if (at === rank - 1) return vector;
  const shape = Array.from({ length: rank }, (_, axis) => (axis === at ? -1 : 1)).slice(at);
  return node.op("Reshape", [vector, node.int32s(shape)]);
}

/** An input of one number a channel, as it broadcasts; a constant is given that shape at conversion. */
function channelInput(node: NodeLowering, input: number, dtype: DType): TfValue {
  const tensor = node.constant(input);
  if (!tensor) return perChannel(node, node.cast(node.logical(input), dtype));
  const behind = node.rank(0) - 1 - node.physical(1);
  const shape = [...tensor.shape, ...new Array<number>(behind).fill(1)];
  return node.cast(node.values.constant(node.values.reshaped(tensor, shape), node.value(input).name), dtype);
}

// y = scale * (x - mean) / sqrt(var + epsilon) + bias = x * a + (bias - mean * a)
export const batchNormalization: LoweringRule = {
  op: "BatchNormalization",
  since: 15,
  layout: ANY_ORDER,
  limits: "not in training mode",
  refuse: (facts) =>
    facts.int("training_mode", 0) ? "it is in training mode; export the model after eval()" : undefined,
  emit(node) {
    const dtype = statisticsType(node);
    const x = node.cast(node.data(), dtype);
    const { factor, offset } = batchConstants(node, dtype) ?? batchValues(node, dtype);
    const y = node.op("AddV2", [node.op("Mul", [x, perChannel(node, factor)]), perChannel(node, offset)]);
    return node.cast(y, node.dtype(0));
  },
};

function batchConstants(node: NodeLowering, dtype: DType): { factor: TfValue; offset: TfValue } | undefined {
  const numbers = [1, 2, 3, 4].map((input) => node.numbers(input));
  const [scale, bias, mean, variance] = numbers;
  if (!scale || !bias || !mean || !variance) return undefined;
  const epsilon = node.float("epsilon", 1e-5);
  const factor = scale.map((size, channel) => size / Math.sqrt((variance[channel] ?? 0) + epsilon));
  const offset = bias.map((shift, channel) => shift - (mean[channel] ?? 0) * (factor[channel] ?? 0));
  const vector = (values: number[]) => node.make(tensorOfNumbers(dtype, [values.length], values));
  return { factor: vector(factor), offset: vector(offset) };
}

function batchValues(node: NodeLowering, dtype: DType): { factor: TfValue; offset: TfValue } {
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((input) =>
    node.cast(node.logical(input), dtype),
  ) as [TfValue, TfValue, TfValue, TfValue];
  const epsilon = node.scalar(dtype, node.float("epsilon", 1e-5));
  const factor = node.op("Mul", [scale, node.op("Rsqrt", [node.op("AddV2", [variance, epsilon])])]);
  return { factor, offset: node.op("Sub", [bias, node.op("Mul", [mean, factor])]) };
}

interface Normalized {
  readonly value: TfValue;
  readonly mean: TfValue;
  readonly inverse: TfValue;
}

/** (x - mean) / sqrt(var + epsilon) over physical axes, with the population's variance. */
function normalized(node: NodeLowering, x: TfValue, axes: readonly number[], epsilon: number): Normalized {
  const over = node.int32s(axes);
  const mean = node.op("Mean", [x, over], { keep_dims: true });
  const squares = node.op("SquaredDifference", [x, mean]);
  const variance = node.op("Mean", [squares, over], { keep_dims: true });
  const small = node.scalar(x.dtype as DType, epsilon); // x is a tensor of floats
  const inverse = node.op("Rsqrt", [node.op("AddV2", [variance, small])]);
  return { value: node.op("Mul", [node.op("Sub", [x, mean]), inverse]), mean, inverse };
}

/** Physical axes from logical axis `axis` on. */
function trailing(node: NodeLowering, axis: number): number[] {
  const count = node.rank(0) - axis;
  return Array.from({ length: count }, (_, index) => node.physical(axis + index)).sort((a, b) => a - b);
}

export const layerNormalization: LoweringRule = {
  op: "LayerNormalization",
  since: 17,
  layout: ANY_ORDER,
  emit(node) {
    const dtype = statisticsType(node);
    const x = node.cast(node.data(), dtype);
    const result = normalized(node, x, trailing(node, node.axis(-1)), node.float("epsilon", 1e-5));
    // The scale is applied in the input's own dtype.
    const scaled = node.op("Mul", [node.cast(result.value, node.dtype(0)), node.operand(1)]);
    const y = node.has(2) ? node.op("AddV2", [scaled, node.operand(2)]) : scaled;
    return [y, result.mean, result.inverse];
  },
};

// y = x / sqrt(mean(x^2) + epsilon) * scale
export const rmsNormalization: LoweringRule = {
  op: "RMSNormalization",
  since: 23,
  layout: ANY_ORDER,
  emit(node) {
    const dtype = statisticsType(node);
    const x = node.cast(node.data(), dtype);
    const axes = node.int32s(trailing(node, node.axis(-1)));
    const mean = node.op("Mean", [node.op("Mul", [x, x]), axes], { keep_dims: true });
    const epsilon = node.scalar(dtype, node.float("epsilon", 1e-5));
    const y = node.op("Mul", [x, node.op("Rsqrt", [node.op("AddV2", [mean, epsilon])])]);
    return node.op("Mul", [node.cast(y, node.dtype(0)), node.operand(1)]);
  },
};

export const instanceNormalization: LoweringRule = {
  op: "InstanceNormalization",
  since: 22,
  layout: ANY_ORDER,
  emit(node) {
    const dtype = statisticsType(node);
    const x = node.cast(node.data(), dtype);
    const { value } = normalized(node, x, trailing(node, 2), node.float("epsilon", 1e-5));
    return node.cast(affine(node, value, dtype), node.dtype(0));
  },
};

function affine(node: NodeLowering, value: TfValue, dtype: DType): TfValue {
  const scaled = isAll(node, 1, 1) ? value : node.op("Mul", [value, channelInput(node, 1, dtype)]);
  return isAll(node, 2, 0) ? scaled : node.op("AddV2", [scaled, channelInput(node, 2, dtype)]);
}

/** Whether an input is a constant of that number alone. */
function isAll(node: NodeLowering, input: number, number: number): boolean {
  return (
    node.constant(input) !== undefined && (node.numbers(input)?.every((each) => each === number) ?? false)
  );
}

/** Channels are cut into groups where they stand: [.., C, ..] -> [.., g, C/g, ..]. */
export const groupNormalization: LoweringRule = {
  op: "GroupNormalization",
  since: 21,
  layout: (facts) => (typeof facts.shape(0)[1] === "number" ? ANY_ORDER : LOGICAL),
  limits: "the number of channels is known",
  refuse: (facts) =>
    typeof facts.shape(0)[1] === "number" ? undefined : "the number of channels is not fixed",
  emit(node) {
    const dtype = statisticsType(node);
    const x = node.cast(node.data(), dtype);
    const groups = node.int("num_groups", 1);
    const channels = node.shape(0)[1] as number; // refuse has checked it
    const at = node.physical(1);
    const shape = node.ordered(node.shape(0));
    const cut = [...shape.slice(0, at), groups, channels / groups, ...shape.slice(at + 1)];
    const batch = node.physical(0);
    const kept = [batch < at ? batch : batch + 1, at];
    const axes = [...cut.keys()].filter((axis) => !kept.includes(axis));
    const { value } = normalized(node, node.reshape(x, cut), axes, node.float("epsilon", 1e-5));
    return node.cast(affine(node, node.reshape(value, shape), dtype), node.dtype(0));
  },
};

// (x - mean) / (std + 1e-9)
export const meanVarianceNormalization: LoweringRule = {
  op: "MeanVarianceNormalization",
  since: 13,
  layout: ANY_ORDER,
  emit(node) {
    const axes = node.ints("axes") ?? [0, 2, 3];
    const over = node.int32s(axes.map((axis) => node.physical(axis)));
    const x = node.data();
    const mean = node.op("Mean", [x, over], { keep_dims: true });
    const variance = node.op("Mean", [node.op("SquaredDifference", [x, mean]), over], { keep_dims: true });
    const deviation = node.op("AddV2", [node.op("Sqrt", [variance]), node.scalar(node.dtype(0), 1e-9)]);
    return node.op("RealDiv", [node.op("Sub", [x, mean]), deviation]);
  },
};

// x / |x|_p along one axis, 0 where the norm is 0
export const lpNormalization: LoweringRule = {
  op: "LpNormalization",
  since: 22,
  layout: ANY_ORDER,
  emit(node) {
    const x = node.data();
    const over = node.int32s([node.physical(node.int("axis", -1))]);
    const zero = node.scalar(node.dtype(0), 0);
    const first = node.int("p", 2) === 1;
    const sum = node.op("Sum", [first ? node.op("Abs", [x]) : node.op("Mul", [x, x]), over], {
      keep_dims: true,
    });
    const norm = first ? sum : node.op("Sqrt", [sum]);
    return node.op("SelectV2", [node.op("Equal", [norm, zero]), zero, node.op("RealDiv", [x, norm])]);
  },
};

export const NORMALIZATIONS: readonly LoweringRule[] = [
  batchNormalization,
  layerNormalization,
  rmsNormalization,
  instanceNormalization,
  groupNormalization,
  meanVarianceNormalization,
  lpNormalization,
];
