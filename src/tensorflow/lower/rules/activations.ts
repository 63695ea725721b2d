// Activation functions, by their formulas where TensorFlow has no operator. Source: https://onnx.ai/onnx/operators/
import { isInteger, isUnsigned } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { ELEMENTWISE, type LoweringRule } from "../rule.ts";
import { widened } from "../widened.ts";

type Formula = (node: NodeLowering, x: TfValue, number: (value: number) => TfValue) => TfValue;

/** An element-wise function of x; `number` makes scalars of x's dtype. */
function activation(op: string, since: number, formula: Formula): LoweringRule {
  const emit = (node: NodeLowering) =>
    formula(node, node.operand(0), (value) => node.scalar(node.dtype(0), value));
  return { op, since, layout: ELEMENTWISE, emit };
}

function clamp(node: NodeLowering, x: TfValue, low: TfValue, high: TfValue): TfValue {
  return widened(node, "Minimum", [widened(node, "Maximum", [x, low]), high]);
}

// max(0, min(1, alpha * x + beta))
const hardSigmoid = activation("HardSigmoid", 22, (node, x, number) => {
  const line = node.op("AddV2", [
    node.op("Mul", [x, number(node.float("alpha", 0.2))]),
    number(node.float("beta", 0.5)),
  ]);
  return clamp(node, line, number(0), number(1));
});

// x * max(0, min(1, x / 6 + 0.5)) = x * relu6(x + 3) / 6
const hardSwish = activation("HardSwish", 22, (node, x, number) => {
  const gate = node.op("Relu6", [node.op("AddV2", [x, number(3)])]);
  return node.op("Mul", [node.op("Mul", [x, gate]), number(1 / 6)]);
});

const leakyRelu = activation("LeakyRelu", 16, (node, x) =>
  node.op("LeakyRelu", [x], { alpha: node.float("alpha", 0.01) }),
);

// x > 0 ? x : alpha * (exp(x) - 1)
const elu = activation("Elu", 22, (node, x, number) => {
  const alpha = node.float("alpha", 1);
  if (alpha === 1) return node.op("Elu", [x]);
  const negative = node.op("Mul", [number(alpha), node.op("Expm1", [x])]);
  return node.op("SelectV2", [node.op("Greater", [x, number(0)]), x, negative]);
});

// max(0, x) + min(0, alpha * (exp(x / alpha) - 1))
const celu = activation("Celu", 12, (node, x, number) => {
  const alpha = node.float("alpha", 1);
  const grown = node.op("Expm1", [node.op("RealDiv", [x, number(alpha)])]);
  const negative = node.op("Minimum", [number(0), node.op("Mul", [number(alpha), grown])]);
  return node.op("AddV2", [node.op("Relu", [x]), negative]);
});

const SELU_ALPHA = 1.6732632423543772;
const SELU_GAMMA = 1.0507009873554805;

// gamma * (x > 0 ? x : alpha * (exp(x) - 1))
const selu = activation("Selu", 22, (node, x, number) => {
  const alpha = node.float("alpha", SELU_ALPHA);
  const gamma = node.float("gamma", SELU_GAMMA);
  const negative = node.op("Mul", [number(alpha * gamma), node.op("Expm1", [x])]);
  return node.op("SelectV2", [
    node.op("Greater", [x, number(0)]),
    node.op("Mul", [x, number(gamma)]),
    negative,
  ]);
});

// x * tanh(softplus(x))
const mish = activation("Mish", 18, (node, x) =>
  node.op("Mul", [x, node.op("Tanh", [node.op("Softplus", [x])])]),
);

// x * sigmoid(alpha * x)
const swish = activation("Swish", 24, (node, x, number) => {
  const alpha = node.float("alpha", 1);
  const inner = alpha === 1 ? x : node.op("Mul", [x, number(alpha)]);
  return node.op("Mul", [x, node.op("Sigmoid", [inner])]);
});

// a * sigmoid(alpha * a) * b
const swiGlu: LoweringRule = {
  op: "SwiGLU",
  since: 28,
  layout: ELEMENTWISE,
  emit(node) {
    const [gate, value] = [node.operand(0), node.operand(1)];
    const alpha = node.float("alpha", 1);
    const inner = alpha === 1 ? gate : node.op("Mul", [gate, node.scalar(node.dtype(0), alpha)]);
    return node.op("Mul", [node.op("Mul", [gate, node.op("Sigmoid", [inner])]), value]);
  },
};

// x > alpha ? x : 0
const thresholdedRelu = activation("ThresholdedRelu", 22, (node, x, number) =>
  node.op("SelectV2", [node.op("Greater", [x, number(node.float("alpha", 1))]), x, number(0)]),
);

// x < -lambd ? x + bias : x > lambd ? x - bias : 0
const shrink = activation("Shrink", 9, (node, x, number) => {
  const lambd = node.float("lambd", 0.5);
  const bias = number(node.float("bias", 0));
  const above = node.op("SelectV2", [
    node.op("Greater", [x, number(lambd)]),
    node.op("Sub", [x, bias]),
    number(0),
  ]);
  return node.op("SelectV2", [node.op("Less", [x, number(-lambd)]), node.op("AddV2", [x, bias]), above]);
});

// 0.5 x (1 + erf(x / sqrt 2)), or 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
const gelu = activation("Gelu", 20, (node, x, number) => {
  const inner =
    node.string("approximate", "none") === "tanh"
      ? node.op("Tanh", [
          node.op("Mul", [
            number(Math.sqrt(2 / Math.PI)),
            node.op("AddV2", [
              x,
              node.op("Mul", [number(0.044715), node.op("Mul", [x, node.op("Mul", [x, x])])]),
            ]),
          ]),
        ])
      : node.op("Erf", [node.op("Mul", [x, number(Math.SQRT1_2)])]);
  return node.op("Mul", [node.op("Mul", [number(0.5), x]), node.op("AddV2", [number(1), inner])]);
});

const prelu: LoweringRule = {
  op: "PRelu",
  since: 16,
  layout: ELEMENTWISE,
  emit(node) {
    const [x, slope] = [node.operand(0), node.operand(1)];
    if (isUnsigned(node.dtype(0))) return x;
    const below = widened(node, "Less", [x, node.scalar(node.dtype(0), 0)]);
    return node.op("SelectV2", [below, widened(node, "Mul", [slope, x]), x]);
  },
};

const clip: LoweringRule = {
  op: "Clip",
  since: 13,
  layout: ELEMENTWISE,
  emit(node) {
    const [low, high] = [node.numbers(1), node.numbers(2)];
    const x = node.operand(0);
    if (low?.[0] === 0 && high?.[0] === 6) return node.op("Relu6", [x]);
    if (low?.[0] === 0 && !node.has(2) && !isInteger(node.dtype(0))) return node.op("Relu", [x]);
    const raised = node.has(1) ? widened(node, "Maximum", [x, node.logical(1)]) : x;
    return node.has(2) ? widened(node, "Minimum", [raised, node.logical(2)]) : raised;
  },
};

export const ACTIVATIONS: readonly LoweringRule[] = [
  hardSigmoid,
  hardSwish,
  leakyRelu,
  elu,
  celu,
  selu,
  mish,
  swish,
  swiGlu,
  thresholdedRelu,
  shrink,
  gelu,
  prelu,
  clip,
];
