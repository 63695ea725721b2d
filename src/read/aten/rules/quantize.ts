// Numbers as small integers and back: q = clamp(round(x / scale) + zero, min, max), x = (q - zero) * scale.
// One scale for a tensor, for each slice of an axis ("channel"), for each row ("token"), or for runs of a row ("group").
// Source: torch/ao/quantization/fx/_decomposed.py, https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html
import { type Attribute, int } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { type Facts, normalAxis, Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { Reals } from "../reals.ts";
import type { Rule } from "../rule.ts";

const DOMAIN = "quantized_decomposed";

/** Integers that QuantizeLinear gives, with their smallest and largest. */
const RANGES: Partial<Record<DType, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

const refuseType = (call: Facts) => {
  const dtype = call.dtype("dtype");
  return dtype && dtype in RANGES ? undefined : `integers of ${dtype} are not supported`;
};

export const QUANTIZE: Rule = {
  targets: ["per_tensor.default", "per_tensor.tensor", "per_tensor.tensor2", "per_channel.default"].map(
    (name) => `${DOMAIN}::quantize_${name}`,
  ),
  limits: "integers of 8 and 16 bits",
  refuse: refuseType,
  emit(call) {
    const { dtype } = call.result();
    const inputs = [call.as("input", "float32"), ...parameters(call, dtype)];
    return clamped(call, call.op("QuantizeLinear", inputs, axisOf(call)), dtype);
  },
};

export const DEQUANTIZE: Rule = {
  targets: ["per_tensor.default", "per_tensor.tensor", "per_tensor.tensor2", "per_channel.default"].map(
    (name) => `${DOMAIN}::dequantize_${name}`,
  ),
  emit(call) {
    const inputs = [call.tensor("input"), ...parameters(call, call.dtypeOf("input"))];
    return call.cast(call.op("DequantizeLinear", inputs, axisOf(call)), "float32", call.result().dtype);
  },
};

function axisOf(call: Call): Record<string, Attribute> {
  if (call.name.endsWith("per_channel"))
    return { axis: int(normalAxis(call.int("axis"), call.rank("input"))) };
  return {};
}

/** Scale and zero point: a number each, or a vector. */
function parameters(call: Call, dtype: DType): (Value | undefined)[] {
  if (call.name.endsWith("per_channel"))
    return [
      call.as("scales", "float32"),
      call.has("zero_points") ? call.as("zero_points", dtype) : undefined,
    ];
  return [single(call, "scale", "float32"), single(call, "zero_point", dtype)];
}

/** A number, or a tensor of one element. */
function single(call: Call, name: string, dtype: DType): Value {
  const value = call.as(name, dtype);
  return call.argument(name).kind === "tensor" ? call.reshape(value, call.shape(name), []) : value;
}

/** QuantizeLinear uses the whole range of the type; a narrower one is cut to. */
function clamped(call: Call, quantized: Value, dtype: DType): Value {
  const bounds = ["quant_min", "quant_max"] as const;
  if (bounds.some((name) => call.argument(name).kind === "tensor"))
    return call.op("Clip", [quantized, ...bounds.map((name) => single(call, name, dtype))]);
  const [low, high] = [call.int("quant_min"), call.int("quant_max")];
  const [least, most] = RANGES[dtype] ?? [low, high];
  if (low <= least && high >= most) return quantized;
  return call.op("Clip", [quantized, call.number(low, dtype), call.number(high, dtype)]);
}

/** Scales and zero points that broadcast against the input, each token's in the last axis. */
export const QUANTIZE_TOKENS: Rule = {
  targets: [`${DOMAIN}::quantize_per_token.default`, `${DOMAIN}::quantize_per_channel_group.default`],
  limits: "integers of 8 and 16 bits",
  refuse: refuseType,
  emit(call) {
    const { dtype } = call.result();
    const { value, shape, scales, zeros } = grouped(call, "float64");
    const reals = new Reals(call, "float64");
    const moved = reals.add(reals.mul(value, reals.div(1, scales)), zeros ?? 0);
    const whole = call.op("Round", [moved]);
    const kept = reals.min(reals.max(whole, call.int("quant_min")), call.int("quant_max"));
    return call.cast(call.reshape(kept, shape, call.shape("input")), "float64", dtype);
  },
};

export const DEQUANTIZE_TOKENS: Rule = {
  targets: [`${DOMAIN}::dequantize_per_token.default`, `${DOMAIN}::dequantize_per_channel_group.default`],
  emit(call) {
    const { value, shape, scales, zeros } = grouped(call, "float32");
    const moved = zeros ? call.op("Sub", [value, zeros]) : value;
    const result = call.op("Mul", [moved, scales]);
    return call.cast(call.reshape(result, shape, call.shape("input")), "float32", call.result().dtype);
  },
};

interface Grouped {
  readonly value: Value;
  readonly shape: readonly Dim[];
  readonly scales: Value;
  readonly zeros: Value | undefined;
}

/** Rows as they are, or cut into groups that each have a scale. */
function grouped(call: Call, dtype: DType): Grouped {
  const input = call.has("input") ? "input" : "w_int8";
  const own = call.shape(input);
  const given = (name: string) => (call.has(name) ? call.as(name, dtype) : undefined);
  const [value, scales, zeros] = [call.as(input, dtype), call.as("scales", dtype), given("zero_points")];
  if (!call.name.endsWith("group")) return { value, shape: own, scales, zeros };
  const [rows, columns] = own;
  const size = call.int("group_size");
  if (typeof rows !== "number" || typeof columns !== "number" || columns % size !== 0)
    throw new Refusal(`it cuts rows of ${columns} elements into groups of ${size}`);
  const count = (rows * columns) / size;
  const column = (x: Value | undefined, name: string) => x && call.reshape(x, call.shape(name), [count, 1]);
  return {
    value: call.reshape(value, own, [count, size]),
    shape: [count, size],
    scales: column(scales, "scales") as Value, // it is given
    zeros: column(zeros, "zero_points"),
  };
}

/** Scale and zero point from the smallest and largest element, 0 always between them. */
export const CHOOSE_PARAMETERS: Rule = {
  targets: [`${DOMAIN}::choose_qparams.tensor`, `${DOMAIN}::choose_qparams_symmetric.tensor`],
  emit(call) {
    const reals = new Reals(call, "float32");
    const x = call.as("input", "float32");
    const axes = [...call.shape("input").keys()];
    const [low, high] = [call.int("quant_min"), call.int("quant_max")];
    const least = reals.min(call.reduce("ReduceMin", x, axes, false), 0);
    const most = reals.max(call.reduce("ReduceMax", x, axes, false), 0);
    const epsilon = call.float("eps");
    const one = (value: Value, dtype: DType) =>
      call.op("Reshape", [call.cast(value, "float32", dtype), call.builder.int64s([1])]);
    if (call.name.endsWith("symmetric")) {
      const size = reals.max(reals.neg(least), most);
      const scale = reals.max(reals.div(size, (high - low) / 2), epsilon);
      return [one(scale, "float64"), call.builder.int64s([call.dtype("dtype") === "uint8" ? 128 : 0])];
    }
    const scale = reals.max(reals.div(reals.sub(most, least), high - low), epsilon);
    const zero = reals.sub(low, call.op("Round", [reals.div(least, scale)]));
    return [one(scale, "float64"), one(reals.min(reals.max(zero, low), high), "int64")];
  },
};

/** The same for each row. */
export const CHOOSE_TOKEN_PARAMETERS: Rule = {
  targets: [
    `${DOMAIN}::choose_qparams_per_token_asymmetric.default`,
    `${DOMAIN}::_choose_qparams_per_token_asymmetric_impl.default`,
  ],
  limits: "float32",
  refuse: (call) => (call.dtypeOf("input") === "float32" ? undefined : "only float32 is supported"),
  emit(call) {
    const reals = new Reals(call, "float32");
    const x = call.tensor("input");
    const last = [call.rank("input") - 1];
    const [low, high] = [-128, 127];
    const least = reals.min(call.reduce("ReduceMin", x, last, true), 0);
    const most = reals.max(call.reduce("ReduceMax", x, last, true), 0);
    const scale = reals.max(reals.div(reals.sub(most, least), high - low), 2 ** -23);
    const [below, above] = [reals.div(least, scale), reals.div(most, scale)];
    const fromLow = reals.less(0, reals.add(reals.add(low, below), reals.add(high, above)));
    const zero = reals.where(fromLow, reals.sub(low, below), reals.sub(high, above));
    const whole = call.op("Round", [reals.min(reals.max(zero, low), high)]);
    return [call.cast(scale, "float32", "float64"), call.cast(whole, "float32", "int64")];
  },
};

/** fake_quantize: quantised and back, in one operator. */
export const FAKE_QUANTIZE: Rule = {
  targets: [
    "aten::fake_quantize_per_tensor_affine.default",
    "aten::fake_quantize_per_tensor_affine.tensor_qparams",
    "aten::fake_quantize_per_channel_affine.default",
    `${DOMAIN}::fake_quant_per_channel.default`,
  ],
  emit(call) {
    const { dtype, shape } = call.type(call.has("input") ? "input" : "self");
    const reals = new Reals(call, dtype);
    const axis = call.has("axis") ? normalAxis(call.int("axis"), shape.length) : undefined;
    const plural = axis !== undefined && call.has("scales") ? "s" : "";
    const spread = (name: string) => {
      const value = call.as(name, dtype);
      if (axis === undefined)
        return call.argument(name).kind === "tensor" ? single(call, name, dtype) : value;
      const after = shape.length - 1 - axis;
      const axes = Array.from({ length: after }, (_, index) => index + 1);
      return axes.length > 0 ? call.unsqueeze(value, ...axes) : value;
    };
    const [scale, zero] = [spread(`scale${plural}`), spread(plural ? "zero_points" : "zero_point")];
    const x = call.as(call.has("input") ? "input" : "self", dtype);
    const whole = reals.add(call.op("Round", [reals.mul(x, reals.div(1, scale))]), zero);
    const kept = reals.min(reals.max(whole, call.int("quant_min")), call.int("quant_max"));
    return reals.mul(reals.sub(kept, zero), scale);
  },
};
