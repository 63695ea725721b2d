// Activations of onnxruntime: Gelu with a bias, by tanh, or as x * sigmoid(alpha x), and those named by an attribute.
// Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
import { float } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Expansion } from "./expansion.ts";
import { NodeCall } from "./node-call.ts";

export const GELU: Expansion = {
  ops: ["Gelu", "BiasGelu"],
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    return [call.gelu(call.sum(call.input(0), call.input(1)))];
  },
};

export const FAST_GELU: Expansion = {
  ops: ["FastGelu"],
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    return [call.gelu(call.sum(call.input(0), call.input(1)), "tanh")];
  },
};

export const QUICK_GELU: Expansion = {
  ops: ["QuickGelu"],
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const x = call.input(0);
    const scaled = call.op("Mul", [x, call.like(x, call.float("alpha", 1.702))]);
    return [call.op("Mul", [x, call.op("Sigmoid", [scaled])])];
  },
};

/** The halves a and b of the last axis of x + bias, as a * gelu(b). */
export const BIAS_SPLIT_GELU: Expansion = {
  ops: ["BiasSplitGelu"],
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const sum = call.sum(call.input(0), call.input(1));
    const [a, b] = call.ops("Split", 2, [sum], {
      axis: { kind: "int", value: -1 },
      num_outputs: { kind: "int", value: 2 },
    });
    return [call.op("Mul", [a, call.gelu(b)])];
  },
};

/** Activations that fused operators name, with the names of their parameters in order. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  Relu: [],
  Sigmoid: [],
  Tanh: [],
  Softplus: [],
  Softsign: [],
  HardSwish: [],
  LeakyRelu: ["alpha"],
  Elu: ["alpha"],
  ThresholdedRelu: ["alpha"],
  HardSigmoid: ["alpha", "beta"],
};

/** The activation of a fused operator; or, in words, why there is none. */
export function activated(
  call: NodeCall,
  value: Value,
  name: string,
  parameters: readonly (number | undefined)[],
): Value | string {
  if (name === "") return value;
  if (name === "Clip") return clipped(call, value, parameters);
  const names = PARAMETERS[name];
  if (!names) return `its activation ${name} is not known`;
  const given = names.flatMap((parameter, index): [string, ReturnType<typeof float>][] => {
    const number = parameters[index];
    return number === undefined ? [] : [[parameter, float(number)]];
  });
  return call.op(name, [value], Object.fromEntries(given));
}

function clipped(call: NodeCall, value: Value, [low, high]: readonly (number | undefined)[]): Value {
  const bound = (number: number | undefined) => (number === undefined ? undefined : call.like(value, number));
  return call.op("Clip", [value, bound(low), bound(high)]);
}
