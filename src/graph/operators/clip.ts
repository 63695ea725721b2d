// Clip(x, min, max): both bounds are scalars and may be absent. Source: https://onnx.ai/onnx/operators/onnx__Clip.html
import { maximum, minimum } from "../evaluate/arithmetic.ts";
import type { InferContext, OperatorDefinition } from "./definition.ts";
import { result } from "./shapes.ts";

export const CLIP: OperatorDefinition = {
  op: "Clip",
  since: 13,
  elementwise: true,
  infer: (context) => {
    const type = context.type(0);
    return [type && result(type.dtype, type.shape, clipped(context))];
  },
};

function clipped(context: InferContext) {
  const dtype = context.type(0)?.dtype;
  const low = bound(context, 1);
  const high = bound(context, 2);
  if (!dtype || low === "unknown" || high === "unknown") return undefined;
  return context.contents(0)?.map((x) => {
    const raised = low === undefined ? x : maximum(x, low, dtype);
    return raised === undefined || high === undefined ? raised : minimum(raised, high, dtype);
  });
}

function bound(context: InferContext, index: number) {
  if (!context.node.inputs[index]) return undefined;
  return context.contents(index)?.[0] ?? "unknown";
}
