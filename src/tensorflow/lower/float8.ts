// 8-bit floats, for which TensorFlow has casts and nothing else. Source: https://onnx.ai/onnx/technical/float8.html
// To them: values beyond the largest become that one where the node saturates, NaN (or infinity) where it does not.
// Not here: the types without a negative zero (fnuz), which no kernel of TensorFlow takes.
import type { DType } from "../../tensor/dtype.ts";
import type { TfValue } from "../graph.ts";
import type { NodeLowering } from "./node-lowering.ts";

/** The largest finite value of each 8-bit float that TensorFlow casts to. */
const LARGEST: ReadonlyMap<DType, number> = new Map([
  ["float8_e4m3fn", 448],
  ["float8_e5m2", 57344],
]);

/** From these a cast rounds once; from others it would go through one of them and round twice. */
const ROUNDED_ONCE: ReadonlySet<DType> = new Set(["float32", "float16", "bfloat16"]);

export function isFloat8(dtype: DType): boolean {
  return dtype.startsWith("float8");
}

/** Why a cast from or to an 8-bit float cannot be made; undefined if it can or there is none. */
export function refuseFloat8(from: DType, to: DType): string | undefined {
  const without = [from, to].find((dtype) => isFloat8(dtype) && !LARGEST.has(dtype));
  if (without) return `TensorFlow has no kernel for ${without}`;
  if (isFloat8(to) && from !== to && !ROUNDED_ONCE.has(from) && !isFloat8(from)) {
    return `a cast from ${from} to ${to} would round twice in TensorFlow`;
  }
  return undefined;
}

/** `value`, of float32 or narrower, as an 8-bit float. */
export function toFloat8(node: NodeLowering, value: TfValue, to: DType, saturates: boolean): TfValue {
  if (!saturates) return node.cast(value, to);
  const most = LARGEST.get(to) ?? Number.POSITIVE_INFINITY;
  const limit = (size: number) => node.scalar(value.dtype as DType, size); // a tensor of floats
  const clamped = node.op("Maximum", [node.op("Minimum", [value, limit(most)]), limit(-most)]);
  return node.cast(clamped, to);
}

/** An 8-bit float as another dtype, by way of float32, which holds all its values. */
export function fromFloat8(node: NodeLowering, value: TfValue, to: DType): TfValue {
  return node.cast(node.cast(value, "float32"), to);
}
