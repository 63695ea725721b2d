// Activations that are one or two ONNX operators.
import { float, int, string } from "../../../graph/attribute.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const SILU: Rule = {
  targets: ["aten::silu.default"],
  emit: (call) => call.op("Mul", [call.tensor("self"), call.op("Sigmoid", [call.tensor("self")])]),
};

export const GELU: Rule = {
  targets: ["aten::gelu.default"],
  emit: (call) => call.op("Gelu", [call.tensor("self")], { approximate: string(call.string("approximate")) }),
};

/** elu(x) = x > 0 ? scale * x : scale * alpha * (exp(input_scale * x) - 1) */
export const ELU: Rule = {
  targets: ["aten::elu.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const [alpha, scale, inputScale] = [call.float("alpha"), call.float("scale"), call.float("input_scale")];
    const x = call.tensor("self");
    if (scale === 1 && inputScale === 1) return call.op("Elu", [x], { alpha: float(alpha) });
    const below = call.op("Elu", [call.op("Mul", [x, call.number(inputScale, dtype)])], {
      alpha: float(alpha),
    });
    const chosen = call.op("Where", [call.op("Greater", [x, call.number(0, dtype)]), x, below]);
    return call.op("Mul", [chosen, call.number(scale, dtype)]);
  },
};

export const CELU: Rule = {
  targets: ["aten::celu.default"],
  emit: (call) => call.op("Celu", [call.tensor("self")], { alpha: float(call.float("alpha")) }),
};

export const SELU: Rule = {
  targets: ["aten::selu.default"],
  emit: (call) => call.op("Selu", [call.tensor("self")]),
};

export const LEAKY_RELU: Rule = {
  targets: ["aten::leaky_relu.default"],
  emit: (call) => call.op("LeakyRelu", [call.tensor("self")], { alpha: float(call.float("negative_slope")) }),
};

/** rrelu in evaluation is a leaky relu with the middle slope. */
export const RRELU: Rule = {
  targets: ["aten::rrelu.default"],
  limits: "not in training mode",
  refuse: (call) =>
    call.bool("training") ? "the model is in training mode; call .eval() before exporting" : undefined,
  emit(call) {
    const slope = (call.float("lower") + call.float("upper")) / 2;
    return call.op("LeakyRelu", [call.tensor("self")], { alpha: float(slope) });
  },
};

/** One slope for all elements, or one for each channel (axis 1). */
export const PRELU: Rule = {
  targets: ["aten::prelu.default", "aten::_prelu_kernel.default"],
  emit(call) {
    const rank = call.rank("self");
    const slopes = call.shape("weight");
    const shape = [slopes.at(-1) ?? 1, ...new Array<number>(Math.max(0, rank - 2)).fill(1)];
    const apart = call.name === "prelu" && rank > 2 && slopes.length === 1 && slopes[0] !== 1;
    const slope = apart ? call.reshape(call.tensor("weight"), slopes, shape) : call.tensor("weight");
    return call.op("PRelu", [call.tensor("self"), slope]);
  },
};

/** softplus(x) = log(1 + exp(beta x)) / beta, and x itself where beta x > threshold */
export const SOFTPLUS: Rule = {
  targets: ["aten::softplus.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const [beta, threshold] = [call.float("beta"), call.float("threshold")];
    const x = call.tensor("self");
    const scaled = beta === 1 ? x : call.op("Mul", [x, call.number(beta, dtype)]);
    const smooth = call.op("Softplus", [scaled]);
    if (threshold >= 20 && beta === 1) return smooth; // they agree beyond 20 to the last bit of float32
    const result = beta === 1 ? smooth : call.op("Div", [smooth, call.number(beta, dtype)]);
    return call.op("Where", [call.op("Greater", [scaled, call.number(threshold, dtype)]), x, result]);
  },
};

/** glu(x) = a * sigmoid(b) for the halves a, b of x */
export const GLU: Rule = {
  targets: ["aten::glu.default"],
  emit(call) {
    const axis = call.axis("dim", call.rank("self"));
    const [a, b] = call.builder.emitAll(
      "Split",
      [call.tensor("self")],
      { axis: int(axis), num_outputs: int(2) },
      { outputs: 2 },
    );
    return call.op("Mul", [a, call.op("Sigmoid", [b])]);
  },
};

/** log(sigmoid(x)) = -softplus(-x) */
export const LOG_SIGMOID: Rule = {
  targets: ["aten::log_sigmoid.default", "aten::log_sigmoid_forward.default"],
  emit: (call) => [logSigmoid(call)],
};

function logSigmoid(call: Call) {
  return call.op("Neg", [call.op("Softplus", [call.op("Neg", [call.tensor("self")])])]);
}

/** 0 within the bounds; ONNX's Shrink makes 0 of NaN too. */
export const HARD_SHRINK: Rule = {
  targets: ["aten::hardshrink.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const x = call.tensor("self");
    const within = call.op("LessOrEqual", [call.op("Abs", [x]), call.number(call.float("lambd"), dtype)]);
    return call.op("Where", [within, call.number(0, dtype), x]);
  },
};

/** x less its part within the bounds */
export const SOFT_SHRINK: Rule = {
  targets: ["aten::softshrink.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const lambda = call.float("lambd");
    const x = call.tensor("self");
    return call.op("Sub", [x, call.op("Clip", [x, call.number(-lambda, dtype), call.number(lambda, dtype)])]);
  },
};

/** threshold(x) = x <= threshold ? value : x, so that NaN stays */
export const THRESHOLD: Rule = {
  targets: ["aten::threshold.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const x = call.tensor("self");
    const below = call.op("LessOrEqual", [x, call.as("threshold", dtype)]);
    return call.op("Where", [below, call.as("value", dtype), x]);
  },
};
