// Operators of two inputs (or many, folded from the left) with NumPy's broadcasting, element by element.
// Source: https://onnx.ai/onnx/operators/ (Multidirectional broadcasting)
import type { DType } from "../../tensor/dtype.ts";
import { float, int } from "../attribute.ts";
import type { Dim } from "../dim.ts";
import {
  add,
  and,
  type Binary,
  divide,
  equal,
  type Known,
  less,
  maximum,
  minimum,
  modulo,
  multiply,
  not,
  onNumbers,
  or,
  power,
  remainder,
  subtract,
} from "../evaluate/arithmetic.ts";
import type { AttributeSpec, InferContext, OperatorDefinition } from "./definition.ts";
import { inferElementwise } from "./elementwise.ts";
import { declaredDtype } from "./shapes.ts";

function binary(
  op: string,
  since: number,
  compute?: Binary,
  attributes?: Readonly<Record<string, AttributeSpec>>,
): OperatorDefinition {
  return {
    op,
    since,
    elementwise: true,
    ...(attributes && { attributes }),
    infer: (context) => [inferElementwise(context, [0, 1], undefined, compute && pairwise(compute))],
  };
}

/** The entry with the number that changes nothing: as second operand, for a commutative operator as either. */
function withNeutral(
  definition: OperatorDefinition,
  neutral: number,
  operands: "either" | "second",
): OperatorDefinition {
  const isNeutral = (context: InferContext, index: number) => {
    const [value, ...others] = context.constant(index) ? (context.contents(index) ?? []) : [];
    return value === neutral && others.length === 0;
  };
  return {
    ...definition,
    passesOn: (context) => {
      if (isNeutral(context, 1)) return { input: 0 };
      return operands === "either" && isNeutral(context, 0) ? { input: 1 } : undefined;
    },
  };
}

/** A comparison: the result is bool. */
function comparison(op: string, since: number, compute: (a: Dim, b: Dim) => Known): OperatorDefinition {
  return {
    op,
    since,
    elementwise: true,
    infer: (context) => [inferElementwise(context, [0, 1], "bool", pairwise(compute))],
  };
}

/** Any number of inputs. */
function variadic(op: string, since: number, compute?: Binary): OperatorDefinition {
  return {
    op,
    since,
    elementwise: true,
    infer: (context) => [
      inferElementwise(
        context,
        context.node.inputs.map((_, index) => index),
        undefined,
        compute && ((elements, dtype) => foldLeft(elements, dtype, compute)),
      ),
    ],
    passesOn: ({ node }) => (node.inputs.length === 1 ? { input: 0, always: true } : undefined),
  };
}

function pairwise(compute: Binary) {
  return ([a, b]: readonly Dim[], dtype: DType): Known =>
    a === undefined || b === undefined ? undefined : compute(a, b, dtype);
}

function foldLeft(elements: readonly Dim[], dtype: DType, compute: Binary): Known {
  const [first, ...rest] = elements;
  return rest.reduce<Known>((all, x) => (all === undefined ? undefined : compute(all, x, dtype)), first);
}

const bitwise = (compute: (a: bigint, b: bigint) => bigint) =>
  onNumbers((a, b) => Number(compute(BigInt(a), BigInt(b))));

const remainderOf: OperatorDefinition = {
  op: "Mod",
  since: 13,
  elementwise: true,
  attributes: { fmod: int(0) },
  infer: (context: InferContext) => {
    const compute = context.int("fmod") === 0 ? modulo : remainder;
    return [inferElementwise(context, [0, 1], undefined, pairwise(compute))];
  },
};

export const BINARY: readonly OperatorDefinition[] = [
  withNeutral(binary("Add", 14, add), 0, "either"),
  comparison("And", 7, and),
  binary("BitShift", 11, undefined, { direction: "string" }),
  binary(
    "BitwiseAnd",
    18,
    bitwise((a, b) => a & b),
  ),
  binary(
    "BitwiseOr",
    18,
    bitwise((a, b) => a | b),
  ),
  binary(
    "BitwiseXor",
    18,
    bitwise((a, b) => a ^ b),
  ),
  withNeutral(binary("Div", 14, divide), 1, "second"),
  { ...comparison("Equal", 13, equal), sinceFor: (node) => (declaredDtype(node, 0) === "string" ? 19 : 13) },
  comparison("Greater", 13, (a, b) => less(b, a)),
  comparison("GreaterOrEqual", 16, (a, b) => not(less(a, b))),
  comparison("Less", 13, less),
  comparison("LessOrEqual", 16, (a, b) => not(less(b, a))),
  variadic("Max", 13, maximum),
  variadic("Mean", 13),
  variadic("Min", 13, minimum),
  remainderOf,
  withNeutral(binary("Mul", 14, multiply), 1, "either"),
  comparison("Or", 7, or),
  binary("PRelu", 16),
  binary("Pow", 15, power),
  binary("StringConcat", 20),
  withNeutral(binary("Sub", 14, subtract), 0, "second"),
  binary("SwiGLU", 28, undefined, { alpha: float(1) }),
  variadic("Sum", 13, add),
  comparison("Xor", 7, (a, b) => not(equal(a, b))),
];
