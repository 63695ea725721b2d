// Operators on quantised tensors that onnxruntime adds to QLinearConv and QLinearMatMul: dequantise, compute, quantise.
// Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
//   real = scale * (quantised - zero point)
// Not here: products of integers (quantized-product.ts).
import { float, int } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Expansion } from "./expansion.ts";
import { NodeCall } from "./node-call.ts";

/** An operator whose inputs from `at` on are x, its scale and its zero point, and whose output is quantised alike. */
function linear(
  op: string,
  places: { readonly inputs: readonly number[]; readonly output: number },
  compute: (call: NodeCall, values: readonly Value[]) => Value | string,
  limits?: string,
): Expansion {
  return {
    ops: [op],
    ...(limits === undefined ? {} : { limits }),
    expand(draft, context) {
      const call = new NodeCall(draft, context);
      const reals = places.inputs.map((at) => real(call, at));
      const result = compute(call, reals);
      return typeof result === "string" ? result : [quantized(call, result, places.output)];
    },
  };
}

function real(call: NodeCall, at: number): Value {
  return call.op("DequantizeLinear", [call.input(at), call.input(at + 1), call.input(at + 2)]);
}

function quantized(call: NodeCall, value: Value, scale: number): Value {
  return call.op("QuantizeLinear", [value, call.input(scale), call.input(scale + 1)]);
}

const CHANNELS_LAST = "not channels_last";

function pooled(call: NodeCall, op: string, x: Value): Value | string {
  if (call.int("channels_last", 0) === 1)
    return "its channels come last; save the model with ORT_ENABLE_EXTENDED";
  return call.op(op, [x], call.attributesWithout("channels_last"));
}

const one = (values: readonly Value[]): Value => values[0] as Value; // each has an input

export const QLINEAR: readonly Expansion[] = [
  linear("QLinearAdd", { inputs: [0, 3], output: 6 }, (call, [a, b]) => call.op("Add", [a, b])),
  linear("QLinearMul", { inputs: [0, 3], output: 6 }, (call, [a, b]) => call.op("Mul", [a, b])),
  linear("QLinearSigmoid", { inputs: [0], output: 3 }, (call, [x]) => call.op("Sigmoid", [x])),
  linear("QLinearLeakyRelu", { inputs: [0], output: 3 }, (call, [x]) =>
    call.op("LeakyRelu", [x], { alpha: float(call.float("alpha", 0.01)) }),
  ),
  linear(
    "QLinearSoftmax",
    { inputs: [0], output: 3 },
    (call, values) => {
      const axis = call.int("axis", -1);
      const isLast = axis === -1 || axis === (call.rank(call.input(0)) ?? 0) - 1;
      if (call.int("opset", 13) < 13 && !isLast) return "it flattens the axes behind its own";
      return call.op("Softmax", [one(values)], { axis: int(axis) });
    },
    "the form of opset 13, or the last axis",
  ),
  linear(
    "QLinearAveragePool",
    { inputs: [0], output: 3 },
    (call, x) => pooled(call, "AveragePool", one(x)),
    CHANNELS_LAST,
  ),
  linear(
    "QLinearGlobalAveragePool",
    { inputs: [0], output: 3 },
    (call, x) => pooled(call, "GlobalAveragePool", one(x)),
    CHANNELS_LAST,
  ),
  linear("QLinearReduceMean", { inputs: [0], output: 3 }, (call, values) => {
    const axes = call.ints("axes");
    const inputs = [one(values), ...(axes ? [call.int64s(axes)] : [])];
    return call.op("ReduceMean", inputs, { keepdims: int(call.int("keepdims", 1)) });
  }),
  linear("QLinearWhere", { inputs: [1, 4], output: 7 }, (call, [x, y]) =>
    call.op("Where", [call.input(0), x, y]),
  ),
];

export const QLINEAR_CONCAT: Expansion = {
  ops: ["QLinearConcat"],
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const parts: Value[] = [];
    for (let at = 2; at < draft.inputs.length; at += 3) parts.push(real(call, at));
    const joined = call.op("Concat", parts, { axis: int(call.int("axis", 0)) });
    return [quantized(call, joined, 0)];
  },
};

/** The operators of ONNX, which came to take 16 bits later. */
export const QUANTIZE: Expansion = {
  ops: ["QuantizeLinear", "DequantizeLinear"],
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    return [call.op(draft.op, draft.inputs, call.attributesWithout())];
  },
};

export const DYNAMIC_QUANTIZE_LSTM: Expansion = {
  ops: [
    "DynamicQuantizeLSTM",
    "QEmbedLayerNormalization",
    "QOrderedMatMul",
    "QOrderedAttention",
    "QMoE",
    "MoE",
  ],
  limits: "not supported",
  expand: () =>
    "it quantises within its steps, which no other operator does; convert the model before it is quantised",
};
