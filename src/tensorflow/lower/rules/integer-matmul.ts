// MatMulInteger and QLinearMatMul: products of 8-bit numbers less their zero points, summed exactly in int32.
// Source: https://onnx.ai/onnx/operators/onnx__QLinearMatMul.html
// y = saturate(round((A - a0)(B - b0) * (a_scale * b_scale / y_scale)) + y0), rounding to even.
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { requantized } from "../requantized.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

/** Input `input` as one number for each row of the left matrix; a scalar or deeper one broadcasts by itself. */
function perRow(node: NodeLowering, input: number): TfValue {
  const value = node.logical(input);
  return node.rank(input) === 1 ? node.op("Reshape", [value, node.int64s([-1, 1])]) : value;
}

/** The int32 product of inputs `a` and `b`, less the zero points at `aZero` and `bZero` where they are given. */
function product(node: NodeLowering, [a, aZero, b, bZero]: readonly number[]): TfValue {
  const wide = (value: TfValue) => node.cast(value, "int32");
  const less = (input: number, zero: number, given: (input: number) => TfValue) =>
    node.has(zero)
      ? node.op("Sub", [wide(node.logical(input)), wide(given(zero))])
      : wide(node.logical(input));
  return node.op("BatchMatMulV2", [
    less(a as number, aZero as number, (input) => perRow(node, input)),
    less(b as number, bZero as number, (input) => node.logical(input)),
  ]);
}

function refuseVectors(facts: NodeFacts, a: number, b: number): string | undefined {
  return facts.rank(a) < 2 || facts.rank(b) < 2 ? "a product of vectors" : undefined;
}

export const matmulInteger: LoweringRule = {
  op: "MatMulInteger",
  since: 10,
  layout: LOGICAL,
  limits: "matrices, not vectors",
  refuse: (facts) => refuseVectors(facts, 0, 1),
  emit: (node) => product(node, [0, 2, 1, 3]),
};

export const qlinearMatmul: LoweringRule = {
  op: "QLinearMatMul",
  since: 21,
  layout: LOGICAL,
  limits: "matrices, not vectors; results of 8 bits",
  refuse(facts) {
    const dtype: DType = facts.outputType().dtype;
    const known = dtype === "int8" || dtype === "uint8";
    return known ? refuseVectors(facts, 0, 3) : `${dtype} is not a type of 8 bits`;
  },
  emit(node) {
    const scale = (value: TfValue) => node.cast(value, "float32");
    const scales = [scale(perRow(node, 1)), scale(node.logical(4))] as const;
    const y = { scale: scale(perRow(node, 6)), zero: perRow(node, 7) };
    return requantized(node, product(node, [0, 2, 3, 5]), scales, y, node.outputType().dtype);
  },
};
