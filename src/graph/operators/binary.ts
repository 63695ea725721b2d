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
  binary("Add", 14, add),
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
  binary("Div", 14, divide),
  { ...comparison("Equal", 13, equal), sinceFor: (node) => (declaredDtype(node, 0) === "string" ? 19 : 13) },
  comparison("Greater", 13, (a, b) => less(b, a)),
  comparison("GreaterOrEqual", 16, (a, b) => not(less(a, b))),
  comparison("Less", 13, less),
  comparison("LessOrEqual", 16, (a, b) => not(less(b, a))),
  variadic("Max", 13, maximum),
  variadic("Mean", 13),
  variadic("Min", 13, minimum),
  remainderOf,
  binary("Mul", 14, multiply),
  comparison("Or", 7, or),
  binary("PRelu", 16),
  binary("Pow", 15, power),
  binary("StringConcat", 20),
  binary("Sub", 14, subtract),
  binary("SwiGLU", 28, undefined, { alpha: float(1) }),
  variadic("Sum", 13, add),
  comparison("Xor", 7, (a, b) => not(equal(a, b))),
];
