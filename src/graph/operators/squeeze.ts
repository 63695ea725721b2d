// Squeeze and Unsqueeze, axes as an input. Source: https://onnx.ai/onnx/operators/onnx__Squeeze.html
import { reshaped } from "../../tensor/transpose.ts";
import type { Dim } from "../dim.ts";
import { IllTyped, type InferContext, type OperatorDefinition } from "./definition.ts";
import { axisOf, numbersOnly, result, unknownSizes } from "./shapes.ts";

function definition(
  op: string,
  shapeOf: (context: InferContext) => readonly Dim[] | undefined,
): OperatorDefinition {
  return {
    op,
    since: 13,
    infer: (context) => {
      const type = context.type(0);
      return [type && result(type.dtype, shapeOf(context), context.contents(0))];
    },
    passesOn: () => ({ input: 0 }),
    move: (context) => {
      const tensor = context.constant(0);
      const sizes = numbersOnly(shapeOf(context));
      return tensor && sizes && reshaped(tensor, sizes);
    },
  };
}

export const SQUEEZE = definition("Squeeze", squeezedShape);
export const UNSQUEEZE = definition("Unsqueeze", unsqueezedShape);

function squeezedShape(context: InferContext): readonly Dim[] | undefined {
  const shape = context.shape(0);
  if (!shape) return undefined;
  // Without axes every size 1 goes; whether a symbol is 1 cannot be told.
  if (!context.node.inputs[1]) return numbersOnly(shape)?.filter((size) => size !== 1);
  const axes = numbersOnly(context.contents(1))?.map((axis) => axisOf(axis, shape.length));
  if (!axes) {
    const count = context.shape(1)?.[0];
    return typeof count === "number" ? unknownSizes(context, shape.length - count) : undefined;
  }
  for (const axis of axes) {
    const size = shape[axis];
    if (typeof size === "number" && size !== 1) throw new IllTyped(`axis ${axis} has size ${size}, not 1`);
  }
  return shape.filter((_, axis) => !axes.includes(axis));
}

function unsqueezedShape(context: InferContext): readonly Dim[] | undefined {
  const shape = context.shape(0);
  const count = context.shape(1)?.[0];
  if (!shape || typeof count !== "number") return undefined;
  const rank = shape.length + count;
  const axes = numbersOnly(context.contents(1))?.map((axis) => axisOf(axis, rank));
  if (!axes) return unknownSizes(context, rank);
  if (new Set(axes).size !== axes.length) throw new IllTyped(`axes ${axes.join(", ")} are not all different`);
  const sizes = shape.values();
  return Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (sizes.next().value ?? 1)));
}
