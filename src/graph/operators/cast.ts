// Cast, CastLike and BitCast. Source: https://onnx.ai/onnx/operators/onnx__Cast.html

import type { DType } from "../../tensor/dtype.ts";
import { hasNumbers, numbersOf, tensorOfNumbers } from "../../tensor/numbers.ts";
import { ONNX_DTYPES } from "../../tensor/onnx-dtypes.ts";
import { derivedTensor, type Tensor } from "../../tensor/tensor.ts";
import { int, string } from "../attribute.ts";
import { cast } from "../evaluate/arithmetic.ts";
import { attributeOf, type Node } from "../graph.ts";
import type { InferContext, Inferred, OperatorDefinition } from "./definition.ts";
import { declaredDtype, result } from "./shapes.ts";

/** 8-bit floats, and `saturate` with them. */
const FLOAT8_SINCE = 19;
const ROUND_MODE_SINCE = 24;

export const CAST: OperatorDefinition = {
  op: "Cast",
  since: 13,
  sinceFor: (node) =>
    node.attributes.has("round_mode") ? ROUND_MODE_SINCE : toFloat8(node) ? FLOAT8_SINCE : 13,
  elementwise: true,
  attributes: { to: "int", saturate: int(1), round_mode: string("up") },
  infer: (context) => {
    const to = targetOf(context);
    return [to && castTo(context, to)];
  },
  passesOn: () => ({ input: 0 }),
  move: (context) => {
    const to = targetOf(context);
    return to && castConstant(context.constant(0), to);
  },
};

export const CAST_LIKE: OperatorDefinition = {
  op: "CastLike",
  since: 15,
  attributes: { saturate: int(1), round_mode: string("up") },
  passesOn: () => ({ input: 0 }),
  infer: (context) => {
    const like = context.type(1);
    return [like && castTo(context, like.dtype)];
  },
};

export const BIT_CAST: OperatorDefinition = {
  op: "BitCast",
  since: 26,
  attributes: { to: "int" },
  infer: (context) => {
    const to = targetOf(context);
    return [to && result(to, context.shape(0))];
  },
};

/** Undefined for element types of less than 8 bits, which the IR does not have. */
function targetOf(context: InferContext): DType | undefined {
  return ONNX_DTYPES.get(context.int("to"));
}

function toFloat8(node: Node): boolean {
  const to = ONNX_DTYPES.get(attributeOf(node, "to", "int") ?? 0);
  return (
    node.attributes.has("saturate") ||
    [to, declaredDtype(node, 0)].some((dtype) => dtype?.startsWith("float8"))
  );
}

function castTo(context: InferContext, to: DType): Inferred | undefined {
  const type = context.type(0);
  const contents = type && context.contents(0)?.map((x) => cast(x, type.dtype, to));
  return result(to, type?.shape, contents);
}

/** Only between floats, where every engine rounds to nearest even. */
function castConstant(tensor: Tensor | undefined, to: DType): Tensor | undefined {
  if (!tensor || !isRounded(tensor.dtype) || !isRounded(to)) return undefined;
  return derivedTensor(to, tensor.shape, () => tensorOfNumbers(to, tensor.shape, numbersOf(tensor)).read());
}

function isRounded(dtype: DType): boolean {
  return hasNumbers(dtype) && (dtype.startsWith("float") || dtype === "bfloat16");
}
