// Products and convolutions that onnxruntime's optimiser fused with transposes, factors, sums and activations.
// Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
import type { Value } from "../../../graph/graph.ts";
import { activated } from "./activation.ts";
import type { Expansion } from "./expansion.ts";
import { NodeCall } from "./node-call.ts";

// y = alpha * A' * B'
export const FUSED_MATMUL: Expansion = {
  ops: ["FusedMatMul", "TransposeMatMul", "FusedMatMulActivation"],
  limits: "transBatchA and transBatchB need a known rank",
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const left = operand(call, 0, "A");
    const right = operand(call, 1, "B");
    if (typeof left === "string") return left;
    if (typeof right === "string") return right;
    const product = call.scaled(call.op("MatMul", [left, right]), call.float("alpha", 1));
    const parameters = ["activation_alpha", "activation_beta"].map((name) => floatAttribute(call, name));
    const result = activated(call, product, call.string("activation"), parameters);
    return typeof result === "string" ? result : [result];
  },
};

/** A factor with its batch axes behind the first, or its last two, where it should be. */
function operand(call: NodeCall, index: number, name: "A" | "B"): Value | string {
  let value = call.input(index);
  if (call.int(`transBatch${name}`, 0) === 1) {
    const rank = call.rank(value);
    if (rank === undefined) return `transBatch${name} is set and nothing is known of the rank of ${name}`;
    const perm = [...new Array(rank).keys()];
    if (rank > 2 && value) value = call.transpose(value, [...perm.slice(1, -1), 0, rank - 1]);
  }
  if (call.int(`trans${name}`, 0) === 1 && call.rank(value) !== 1) value = call.matrixTransposed(value);
  return value ?? `its input ${name} is missing`;
}

// y = activation(alpha * A' * B' + beta * C)
export const FUSED_GEMM: Expansion = {
  ops: ["FusedGemm"],
  limits: "activations of ONNX only",
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const names = ["activation", "activation_alpha", "activation_beta", "activation_gamma"];
    const sum = call.op("Gemm", draft.inputs, call.attributesWithout(...names));
    const parameters = names.slice(1).map((name) => floatAttribute(call, name));
    const result = activated(call, sum, call.string("activation"), parameters);
    return typeof result === "string" ? result : [result];
  },
};

/** gelu(A * B + bias), by tanh. */
export const GEMM_FAST_GELU: Expansion = {
  ops: ["GemmFastGelu"],
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    return [call.gelu(call.sum(call.op("MatMul", [call.input(0), call.input(1)]), call.input(2)), "tanh")];
  },
};

// y = activation(Conv(X, W, B) + Z)
export const FUSED_CONV: Expansion = {
  ops: ["FusedConv"],
  limits: "activations of ONNX only",
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const bias = call.input(2);
    const inputs = [call.input(0), call.input(1), ...(bias ? [bias] : [])];
    const plain = call.op("Conv", inputs, call.attributesWithout("activation", "activation_params"));
    const sum = call.sum(plain, call.input(3)) ?? plain;
    const result = activated(call, sum, call.string("activation"), call.floats("activation_params") ?? []);
    return typeof result === "string" ? result : [result];
  },
};

function floatAttribute(call: NodeCall, name: string): number | undefined {
  const attribute = call.draft.attributes.get(name);
  return attribute?.kind === "float" ? attribute.value : undefined;
}
