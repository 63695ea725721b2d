// Element-wise operators of one input that TensorFlow has under the same meaning.
// Source: https://onnx.ai/onnx/operators/
import type { TfOperator } from "../../builder.ts";
import { ELEMENTWISE, type LoweringRule } from "../rule.ts";
import { widened } from "../widened.ts";

const SAME: readonly (readonly [op: string, tensorflow: TfOperator, since: number])[] = [
  ["Abs", "Abs", 13],
  ["Acos", "Acos", 7],
  ["Acosh", "Acosh", 9],
  ["Asin", "Asin", 7],
  ["Asinh", "Asinh", 9],
  ["Atan", "Atan", 7],
  ["Atanh", "Atanh", 9],
  ["BitwiseNot", "Invert", 18],
  ["Ceil", "Ceil", 13],
  ["Cos", "Cos", 7],
  ["Cosh", "Cosh", 9],
  ["Erf", "Erf", 13],
  ["Exp", "Exp", 13],
  ["Floor", "Floor", 13],
  ["IsNaN", "IsNan", 20],
  ["Log", "Log", 13],
  ["Neg", "Neg", 13],
  ["Not", "LogicalNot", 1],
  ["Reciprocal", "Reciprocal", 13],
  ["Relu", "Relu", 14],
  ["Round", "Round", 11], // to even, as in ONNX
  ["Sigmoid", "Sigmoid", 13],
  ["Sign", "Sign", 13],
  ["Sin", "Sin", 7],
  ["Sinh", "Sinh", 9],
  ["Softplus", "Softplus", 1],
  ["Softsign", "Softsign", 1],
  ["Sqrt", "Sqrt", 13],
  ["Tan", "Tan", 7],
  ["Tanh", "Tanh", 13],
];

export const UNARY: readonly LoweringRule[] = SAME.map(([op, tensorflow, since]) => ({
  op,
  since,
  layout: ELEMENTWISE,
  emit: (node) =>
    node.dtype(0) === "bool" && tensorflow === "LogicalNot"
      ? node.op(tensorflow, [node.operand(0)])
      : widened(node, tensorflow, [node.operand(0)]),
}));
