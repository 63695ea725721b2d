// ConstantOfShape: a tensor of one value, its shape an input.
// Source: https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html
import { hasNumbers, numbersOf } from "../../tensor/numbers.ts";
import { attributeOf } from "../graph.ts";
import type { OperatorDefinition } from "./definition.ts";
import { result, smallCount, unknownSizes } from "./shapes.ts";

export const CONSTANT_OF_SHAPE: OperatorDefinition = {
  op: "ConstantOfShape",
  since: 9,
  attributes: { value: "tensor" },
  infer: (context) => {
    const value = attributeOf(context.node, "value", "tensor");
    const dtype = value?.dtype ?? "float32";
    const rank = context.shape(0)?.[0];
    const shape = context.contents(0) ?? (typeof rank === "number" ? unknownSizes(context, rank) : undefined);
    const count = smallCount(context, shape);
    if (count === undefined || !hasNumbers(dtype)) return [result(dtype, shape)];
    const fill = value ? (numbersOf(value)[0] ?? 0) : 0;
    return [result(dtype, shape, new Array<number>(count).fill(fill))];
  },
};
