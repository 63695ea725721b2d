// AffineGrid: places from -1 to 1 over an image, moved by a matrix a sample. Its output is what GridSample reads.
// Source: https://onnx.ai/onnx/operators/onnx__AffineGrid.html. Coordinates run x, y(, z); sizes N, C(, D), H, W.
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

export const affineGrid: LoweringRule = {
  op: "AffineGrid",
  since: 20,
  layout: LOGICAL,
  limits: "images of 2 or 3 dimensions",
  refuse: (facts) =>
    facts.shape(1)[0] === 4 || facts.shape(1)[0] === 5 ? undefined : "an image of neither 2 nor 3 dimensions",
  emit(node) {
    const rank = (node.shape(1)[0] as number) - 2; // refuse has checked it
    const dtype: DType = node.dtype(0) === "float64" ? "float64" : "float32";
    const sizes = node.tf
      .ops("Unpack", [node.cast(node.logical(1), "int64")], { num: rank + 2, axis: 0 })
      .slice(2);
    const grid = node.op("Pack", [sizes]);
    const lines = sizes.map((size, axis) => {
      const line = places(node, size, dtype);
      const shape = sizes.map((_, other) => (other === axis ? -1 : 1));
      return node.op("BroadcastTo", [node.op("Reshape", [line, node.int64s(shape)]), grid]);
    });
    const ones = node.op("Fill", [grid, node.scalar(dtype, 1)]);
    const points = node.op("Pack", [[...lines.reverse(), ones]], { axis: rank });
    const flat = node.op("Reshape", [points, node.int64s([1, -1, rank + 1])]);
    const theta = node.cast(node.logical(0), dtype);
    const moved = node.op("BatchMatMulV2", [flat, theta], { adj_y: true });
    const batch = node.op("Reshape", [node.values.dim(node.shape(0)[0] ?? 1), node.int64s([1])]);
    const shape = node.op("ConcatV2", [[batch, grid, node.int64s([rank])], node.int32(0)]);
    return node.cast(node.op("Reshape", [moved, shape]), node.dtype(0));
  },
};

/** Centres of cells, or corners; a single corner stands in the middle, as in PyTorch. */
function places(node: NodeLowering, size: TfValue, dtype: DType): TfValue {
  const number = (value: number) => node.scalar(dtype, value);
  const at = node.cast(node.op("Range", [node.int64(0), size, node.int64(1)]), dtype);
  const count = node.cast(size, dtype);
  const twice = node.op("Mul", [at, number(2)]);
  if (node.int("align_corners", 0) === 0) {
    const centre = node.op("RealDiv", [node.op("AddV2", [twice, number(1)]), count]);
    return node.op("Sub", [centre, number(1)]);
  }
  const intervals = node.op("Sub", [count, number(1)]);
  const several = node.op("Greater", [intervals, number(0)]);
  const corner = node.op("RealDiv", [twice, node.op("Maximum", [intervals, number(1)])]);
  return node.op("SelectV2", [several, node.op("Sub", [corner, number(1)]), node.op("ZerosLike", [corner])]);
}
