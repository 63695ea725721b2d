// MaxUnpool: values put back where MaxPool found them, zeros elsewhere.
// Source: https://onnx.ai/onnx/operators/onnx__MaxUnpool.html
// Indices count over the whole image that the pooling's attributes imply; a given output shape adds zeros behind it.
import { addDims, type Dim, mulDims, productOf } from "../../../graph/dim.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import { padByVectors } from "../pad-dynamic.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

/** The image that was pooled: (n - 1) * stride + kernel - pads. */
function impliedShape(facts: NodeFacts): Dim[] {
  const kernel = facts.ints("kernel_shape") ?? [];
  const pads = facts.ints("pads") ?? [];
  const spatial = facts
    .shape(0)
    .slice(2)
    .map((size, axis) => {
      const stride = facts.ints("strides")?.[axis] ?? 1;
      const cut = (pads[axis] ?? 0) + (pads[axis + kernel.length] ?? 0);
      return addDims(mulDims(addDims(size, -1), stride), (kernel[axis] ?? 1) - cut);
    });
  return [...facts.shape(0).slice(0, 2), ...spatial];
}

export const maxUnpool: LoweringRule = {
  op: "MaxUnpool",
  since: 11,
  layout: LOGICAL,
  emit(node) {
    const shape = impliedShape(node);
    const flat = (value: TfValue) => node.op("Reshape", [value, node.int64s([-1])]);
    const places = node.op("Reshape", [node.logical(1), node.int64s([-1, 1])]);
    const count = node.op("Reshape", [node.values.dim(productOf(shape)), node.int64s([1])]);
    const image = node.reshape(node.op("ScatterNd", [places, flat(node.logical(0)), count]), shape);
    if (!node.has(2)) return image;
    const after = node.op("Sub", [node.cast(node.logical(2), "int64"), node.values.dims(shape)]);
    return padByVectors(node, node.op("ZerosLike", [after]), after, undefined, image);
  },
};
