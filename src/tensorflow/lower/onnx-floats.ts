// ONNX's numbers of the floats that attributes name. Source: https://onnx.ai/onnx/repo-docs/IR.html
import type { DType } from "../../tensor/dtype.ts";

export const ONNX_FLOATS: ReadonlyMap<number, DType> = new Map([
  [1, "float32"],
  [10, "float16"],
  [11, "float64"],
  [16, "bfloat16"],
]);
