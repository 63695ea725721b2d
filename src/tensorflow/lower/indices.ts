// Indices that count from the end where they are negative, as ONNX has them; TensorFlow's kernels take none below zero.
import type { Dim } from "../../graph/dim.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { TfValue } from "../graph.ts";
import type { NodeLowering } from "./node-lowering.ts";

/** `index < 0 ? index + size : index` */
export function wrapped(node: NodeLowering, indices: TfValue, size: Dim): TfValue {
  const dtype = indices.dtype as DType; // indices are int32 or int64
  const limit = node.cast(node.values.dim(size), dtype);
  const below = node.op("Less", [indices, node.scalar(dtype, 0)]);
  return node.op("SelectV2", [below, node.op("AddV2", [indices, limit]), indices]);
}
