// Cast and CastLike. Source: https://onnx.ai/onnx/operators/onnx__Cast.html

import type { DType } from "../../tensor/dtype.ts";
import { hasNumbers, numbersOf, tensorOfNumbers } from "../../tensor/numbers.ts";
import { ONNX_DTYPES } from "../../tensor/onnx-dtypes.ts";
import { derivedTensor, type Tensor } from "../../tensor/tensor.ts";
import { int, string } from "../attribute.ts";
import { cast } from "../evaluate/arithmetic.ts";
import { attributeOf, type Node } from "../graph.ts";
import { IllTyped, type InferContext, type Inferred, type OperatorDefinition } from "./definition.ts";
import { result } from "./shapes.ts";

const FLOAT8_SINCE = 19;

export const CAST: OperatorDefinition = {
  op: "Cast",
  since: 13,
  sinceFor: (node) => (toFloat8(node) ? FLOAT8_SINCE : 13),
  elementwise: true,
  attributes: { to: "int", saturate: int(1), round_mode: string("up") },
  infer: (context) => [castTo(context, targetOf(context))],
  move: (context) => castConstant(context.constant(0), targetOf(context)),
};

export const CAST_LIKE: OperatorDefinition = {
  op: "CastLike",
  since: 15,
  attributes: { saturate: int(1), round_mode: string("up") },
  infer: (context) => {
    const like = context.type(1);
    return [like && castTo(context, like.dtype)];
  },
};

function targetOf(context: InferContext): DType {
  const number = context.int("to");
  const dtype = ONNX_DTYPES.get(number);
  if (!dtype) throw new IllTyped(`casts to element type ${number}, for which there is no dtype here`);
  return dtype;
}

function toFloat8(node: Node): boolean {
  return ONNX_DTYPES.get(attributeOf(node, "to", "int") ?? 0)?.startsWith("float8") ?? false;
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
