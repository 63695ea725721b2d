// What ends the operators on quantised numbers: an exact int32 sum, scaled, rounded to even, shifted and saturated.
import type { DType } from "../../tensor/dtype.ts";
import type { TfValue } from "../graph.ts";
import type { NodeLowering } from "./node-lowering.ts";

/** saturate(round(sum * (a * b / y.scale)) + y.zero) as int8 or uint8. Scales are float32; all broadcast. */
export function requantized(
  node: NodeLowering,
  sum: TfValue,
  [a, b]: readonly [TfValue, TfValue],
  y: { readonly scale: TfValue; readonly zero: TfValue },
  dtype: DType,
): TfValue {
  const factor = node.op("RealDiv", [node.op("Mul", [a, b]), y.scale]);
  const rounded = node.op("Round", [node.op("Mul", [node.cast(sum, "float32"), factor])]);
  const shifted = node.op("AddV2", [rounded, node.cast(y.zero, "float32")]);
  const [low, high] = dtype === "int8" ? [-128, 127] : [0, 255];
  const limit = (value: number) => node.scalar("float32", value);
  return node.cast(node.op("Minimum", [node.op("Maximum", [shifted, limit(low)]), limit(high)]), dtype);
}
