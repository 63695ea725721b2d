// The activation functions that recurrent operators name, with their parameters.
// Source: https://onnx.ai/onnx/operators/onnx__LSTM.html (the table of functions).
import { attributeOf } from "../../graph/graph.ts";
import type { DType } from "../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import type { TfBuilder } from "../builder.ts";
import type { TfValue } from "../graph.ts";
import type { NodeFacts } from "./node-facts.ts";

export type Activation = (tf: TfBuilder, x: TfValue) => TfValue;

type Parameterized = (tf: TfBuilder, x: TfValue, alpha: number, beta: number) => TfValue;

interface Function {
  readonly alpha?: number;
  readonly beta?: number;
  readonly apply: Parameterized;
}

function number(tf: TfBuilder, x: TfValue, value: number): TfValue {
  return tf.constant(tensorOfNumbers(x.dtype as DType, [], [value])); // x is a tensor of floats
}

const line: Parameterized = (tf, x, alpha, beta) =>
  tf.op("AddV2", [tf.op("Mul", [x, number(tf, x, alpha)]), number(tf, x, beta)]);

const FUNCTIONS: Readonly<Record<string, Function>> = {
  relu: { apply: (tf, x) => tf.op("Relu", [x]) },
  tanh: { apply: (tf, x) => tf.op("Tanh", [x]) },
  sigmoid: { apply: (tf, x) => tf.op("Sigmoid", [x]) },
  softsign: { apply: (tf, x) => tf.op("Softsign", [x]) },
  softplus: { apply: (tf, x) => tf.op("Softplus", [x]) },
  affine: { alpha: 1, beta: 0, apply: line },
  leakyrelu: { alpha: 0.01, apply: (tf, x, alpha) => tf.op("LeakyRelu", [x], { alpha }) },
  thresholdedrelu: {
    alpha: 1,
    apply: (tf, x, alpha) =>
      tf.op("SelectV2", [tf.op("GreaterEqual", [x, number(tf, x, alpha)]), x, tf.op("ZerosLike", [x])]),
  },
  scaledtanh: {
    alpha: 1,
    beta: 1,
    apply: (tf, x, alpha, beta) =>
      tf.op("Mul", [number(tf, x, alpha), tf.op("Tanh", [tf.op("Mul", [number(tf, x, beta), x])])]),
  },
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    apply: (tf, x, alpha, beta) =>
      tf.op("Minimum", [tf.op("Maximum", [line(tf, x, alpha, beta), number(tf, x, 0)]), number(tf, x, 1)]),
  },
  elu: {
    alpha: 1,
    apply: (tf, x, alpha) => {
      const below = tf.op("Mul", [number(tf, x, alpha), tf.op("Expm1", [x])]);
      return tf.op("SelectV2", [tf.op("GreaterEqual", [x, number(tf, x, 0)]), x, below]);
    },
  },
};

/** The node's activations for all directions, `defaults` repeated where it names none; or why one is not known. */
export function activationsOf(facts: NodeFacts, defaults: readonly string[]): Activation[] | string {
  const names = attributeOf(facts.node, "activations", "strings") ?? [...defaults, ...defaults];
  const alphas = [...(attributeOf(facts.node, "activation_alpha", "floats") ?? [])];
  const betas = [...(attributeOf(facts.node, "activation_beta", "floats") ?? [])];
  const activations: Activation[] = [];
  for (const name of names) {
    const found = FUNCTIONS[name.toLowerCase()];
    if (!found) return `the activation ${name} is not known`;
    const alpha = found.alpha === undefined ? 0 : (alphas.shift() ?? found.alpha);
    const beta = found.beta === undefined ? 0 : (betas.shift() ?? found.beta);
    activations.push((tf, x) => found.apply(tf, x, alpha, beta));
  }
  return activations;
}
