// Shape and Size: where symbolic contents begin. Source: https://onnx.ai/onnx/operators/onnx__Shape.html
import { int } from "../attribute.ts";
import { productOf } from "../dim.ts";
import type { OperatorDefinition } from "./definition.ts";
import { result, unknownSizes } from "./shapes.ts";

export const SHAPE: OperatorDefinition = {
  op: "Shape",
  since: 15,
  attributes: { start: int(0), end: "int" },
  infer: (context) => {
    const shape = context.shape(0);
    if (!shape) return [result("int64", unknownSizes(context, 1))];
    const rank = shape.length;
    const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + rank : at, 0), rank);
    const part = shape.slice(clamp(context.int("start")), clamp(context.int("end", rank)));
    return [result("int64", [part.length], part)];
  },
};

export const SIZE: OperatorDefinition = {
  op: "Size",
  since: 13,
  infer: (context) => {
    const shape = context.shape(0);
    return [result("int64", [], shape && [productOf(shape)])];
  },
};
