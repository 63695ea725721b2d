// Where(condition, x, y). Source: https://onnx.ai/onnx/operators/onnx__Where.html
import type { OperatorDefinition } from "./definition.ts";
import { inferElementwise } from "./elementwise.ts";

export const WHERE: OperatorDefinition = {
  op: "Where",
  since: 16,
  elementwise: true,
  infer: (context) => [
    inferElementwise(context, [0, 1, 2], (context.type(1) ?? context.type(2))?.dtype, ([condition, x, y]) =>
      typeof condition === "number" ? (condition === 0 ? y : x) : undefined,
    ),
  ],
};
