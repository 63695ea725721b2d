// Transpose. Source: https://onnx.ai/onnx/operators/onnx__Transpose.html

import { contiguousStrides } from "../../tensor/gather-strided.ts";
import { transposed } from "../../tensor/transpose.ts";
import { pick } from "../evaluate/layout.ts";
import { IllTyped, type InferContext, type OperatorDefinition } from "./definition.ts";
import { numbersOnly, result } from "./shapes.ts";

export const TRANSPOSE: OperatorDefinition = {
  op: "Transpose",
  since: 13,
  attributes: { perm: "ints" },
  infer: (context) => {
    const type = context.type(0);
    if (!type?.shape) return [type && result(type.dtype, undefined)];
    const { shape } = type;
    const perm = permOf(context, shape.length);
    return [
      result(
        type.dtype,
        perm.map((axis) => shape[axis] ?? 1),
        contents(context, perm),
      ),
    ];
  },
  passesOn: (context) =>
    context.ints("perm")?.every((axis, index) => axis === index) ? { input: 0, always: true } : undefined,
  move: (context) => {
    const tensor = context.constant(0);
    return tensor && transposed(tensor, permOf(context, tensor.shape.length));
  },
};

function permOf(context: InferContext, rank: number): readonly number[] {
  const perm = context.ints("perm") ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const axes = new Set(perm);
  if (perm.length !== rank || axes.size !== rank || perm.some((axis) => axis < 0 || axis >= rank)) {
    throw new IllTyped(`perm ${perm.join(", ")} is no order of ${rank} dimensions`);
  }
  return perm;
}

function contents(context: InferContext, perm: readonly number[]) {
  const elements = context.contents(0);
  const sizes = numbersOnly(context.shape(0));
  if (!elements || !sizes) return undefined;
  const strides = contiguousStrides(sizes);
  return pick(elements, {
    shape: perm.map((axis) => sizes[axis] ?? 1),
    strides: perm.map((axis) => strides[axis] ?? 1),
    offset: 0,
  });
}
