// Range(start, limit, delta). Source: https://onnx.ai/onnx/operators/onnx__Range.html

import { isInteger } from "../../tensor/dtype.ts";
import { int } from "../attribute.ts";
import { ceilDivDims, type Dim, maxDims, subDims } from "../dim.ts";
import { asElement, isNonNegative } from "../evaluate/arithmetic.ts";
import { IllTyped, type InferContext, type OperatorDefinition } from "./definition.ts";
import { result } from "./shapes.ts";

const STASH_TYPE_SINCE = 27;

export const RANGE: OperatorDefinition = {
  op: "Range",
  since: 11,
  sinceFor: (node) => (node.attributes.has("stash_type") ? STASH_TYPE_SINCE : 11),
  attributes: { stash_type: int(1) },
  infer: (context) => {
    const dtype = (context.type(0) ?? context.type(1) ?? context.type(2))?.dtype;
    if (!dtype) return [undefined];
    const [start, limit, delta] = [0, 1, 2].map((index) => context.contents(index)?.[0]);
    if (delta === 0) throw new IllTyped("a range has delta 0");
    if (start === undefined || limit === undefined || typeof delta !== "number") {
      return [result(dtype, [context.unknownDim()])];
    }
    const size = countOf(context, start, limit, delta);
    const listed = typeof size === "number" && typeof start === "number" && size <= context.maxElements;
    const contents = listed
      ? Array.from({ length: size }, (_, index) =>
          isInteger(dtype) ? asElement(start + index * delta, dtype) : undefined,
        )
      : undefined;
    return [result(dtype, [size], contents)];
  },
};

/** max(ceil((limit - start) / delta), 0) */
function countOf(context: InferContext, start: Dim, limit: Dim, delta: number): Dim {
  if (typeof start === "number" && typeof limit === "number") {
    return Math.max(Math.ceil((limit - start) / delta), 0);
  }
  if (!Number.isInteger(delta)) return context.unknownDim();
  const span = delta > 0 ? subDims(limit, start) : subDims(start, limit);
  const count = ceilDivDims(span, Math.abs(delta));
  return isNonNegative(count) ? count : maxDims(count, 0);
}
