// Element-wise operators of two inputs, or of any number taken from the left.

import type { Dim } from "../../../graph/dim.ts";
import { BYTES_PER_ELEMENT, isInteger, isUnsigned } from "../../../tensor/dtype.ts";
import type { TfOperator } from "../../builder.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { ELEMENTWISE, type LoweringRule } from "../rule.ts";
import { widened } from "../widened.ts";

const SAME: readonly (readonly [op: string, tensorflow: TfOperator, since: number])[] = [
  ["Add", "AddV2", 14],
  ["And", "LogicalAnd", 7],
  ["BitwiseAnd", "BitwiseAnd", 18],
  ["BitwiseOr", "BitwiseOr", 18],
  ["BitwiseXor", "BitwiseXor", 18],
  ["Equal", "Equal", 19],
  ["Greater", "Greater", 13],
  ["GreaterOrEqual", "GreaterEqual", 16],
  ["Less", "Less", 13],
  ["LessOrEqual", "LessEqual", 16],
  ["Max", "Maximum", 13],
  ["Min", "Minimum", 13],
  ["Mul", "Mul", 14],
  ["Or", "LogicalOr", 7],
  ["Sub", "Sub", 14],
  ["Sum", "AddV2", 13],
];

const same: readonly LoweringRule[] = SAME.map(([op, tensorflow, since]) => ({
  op,
  since,
  layout: ELEMENTWISE,
  emit: (node) => chained(node, tensorflow),
}));

function chained(node: NodeLowering, op: TfOperator): TfValue {
  const [first, ...rest] = node.node.inputs.map((_, input) => flatOperand(node, input));
  return rest.reduce((left, right) => apply(node, op, left, right), first as TfValue); // there is one input at least
}

/**
 * An operand without axes of size 1 in front, which change nothing beside a deeper one. TensorFlow takes a sum after a
 * product for a bias, and fails on a bias of one row.
 */
function flatOperand(node: NodeLowering, input: number): TfValue {
  const operand = node.operand(input);
  if (node.constant(input) || node.rank(input) < node.layout.perm.length) return operand;
  const stands = node.ordered(node.shape(input));
  const first = stands.findIndex((size) => size !== 1);
  const others = node.node.inputs.some(
    (_, other) => other !== input && node.ordered(deepShape(node, other))[0] !== 1,
  );
  return first > 0 && others ? node.reshape(operand, stands.slice(first)) : operand;
}

function deepShape(node: NodeLowering, input: number): readonly Dim[] {
  const shape = node.shape(input);
  return [...new Array<number>(node.layout.perm.length - shape.length).fill(1), ...shape];
}

function apply(node: NodeLowering, op: TfOperator, left: TfValue, right: TfValue): TfValue {
  return op.startsWith("Logical") ? node.op(op, [left, right]) : widened(node, op, [left, right]);
}

const div: LoweringRule = {
  op: "Div",
  since: 14,
  layout: ELEMENTWISE,
  // Integers are divided towards zero in ONNX.
  emit: (node) =>
    widened(node, isInteger(node.dtype(0)) ? "TruncateDiv" : "RealDiv", [node.operand(0), node.operand(1)]),
};

const mod: LoweringRule = {
  op: "Mod",
  since: 13,
  layout: ELEMENTWISE,
  emit: (node) =>
    widened(node, node.int("fmod", 0) ? "TruncateMod" : "FloorMod", [node.operand(0), node.operand(1)]),
};

const xor: LoweringRule = {
  op: "Xor",
  since: 7,
  layout: ELEMENTWISE,
  emit: (node) => node.op("NotEqual", [node.operand(0), node.operand(1)]),
};

/** Shifts below 0 or by the width and more leave zeros, or the sign where a signed number is shifted right. */
const bitShift: LoweringRule = {
  op: "BitShift",
  since: 11,
  layout: ELEMENTWISE,
  emit(node) {
    const dtype = node.dtype(0);
    const left = node.string("direction", "") === "LEFT";
    const [x, by] = [node.operand(0), node.operand(1)];
    const shift = (amount: TfValue) => node.op(left ? "LeftShift" : "RightShift", [x, amount]);
    const number = (value: number) => node.scalar(dtype, value);
    const width = BYTES_PER_ELEMENT[dtype] * 8;
    const above = node.op("GreaterEqual", [by, number(0)]);
    const inside = node.op("LogicalAnd", [above, node.op("Less", [by, number(width)])]);
    const amount = node.op("SelectV2", [inside, by, number(0)]);
    const rest = left || isUnsigned(dtype) ? number(0) : shift(number(width - 1));
    return node.op("SelectV2", [inside, shift(amount), rest]);
  },
};

const mean: LoweringRule = {
  op: "Mean",
  since: 13,
  layout: ELEMENTWISE,
  emit(node) {
    const count = node.scalar(node.dtype(0), node.node.inputs.length);
    return widened(node, "RealDiv", [chained(node, "AddV2"), count]);
  },
};

export const BINARY: readonly LoweringRule[] = [...same, div, mod, xor, bitShift, mean];
