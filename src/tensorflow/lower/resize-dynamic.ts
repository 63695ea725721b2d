// Resize along an axis whose size only running tells: the formulas of resize-weights.ts as TensorFlow operators, for
// nearest and linear interpolation. Computed in float32, as onnxruntime does.
// Not here: other modes, and scales that only running tells (resize-free.ts).
import type { Dim } from "../../graph/dim.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { TfValue } from "../graph.ts";
import type { NodeLowering } from "./node-lowering.ts";
import type { Interpolation } from "./resize-weights.ts";
import type { ResizedAxis } from "./rules/resize.ts";

/** `value` with one axis resized. */
export function resizeDynamicAxis(
  node: NodeLowering,
  value: TfValue,
  row: ResizedAxis,
  interpolation: Interpolation,
): TfValue {
  const at = node.physical(row.axis);
  const float = (dim: Dim) => node.cast(node.values.dim(dim), "float32");
  const last = node.op("Sub", [node.values.dim(row.from), node.int64(1)]);
  const scale =
    row.scale === undefined
      ? node.op("RealDiv", [float(row.to), float(row.from)])
      : node.scalar("float32", row.scale);
  const places = node.op("Range", [node.int64(0), node.values.dim(row.to), node.int64(1)]);
  const x = coordinate(
    node,
    node.cast(places, "float32"),
    float(row.from),
    float(row.to),
    { scale },
    interpolation.coordinates,
  );
  const clamp = (place: TfValue) => {
    return node.op("Minimum", [node.op("Maximum", [node.cast(place, "int64"), node.int64(0)]), last]);
  };
  const take = (place: TfValue) => node.op("GatherV2", [value, clamp(place), node.int32(at)]);
  if (interpolation.mode === "nearest") return take(rounded(node, x, interpolation.nearest));
  const floor = node.op("Floor", [x]);
  const above = node.op("AddV2", [floor, node.scalar("float32", 1)]);
  const share = node.cast(node.op("Sub", [x, floor]), value.dtype as "float32");
  const behind = node.layout.perm.length - 1 - at;
  const column = node.op("Reshape", [share, node.int64s([-1, ...new Array<number>(behind).fill(1)])]);
  const low = take(floor);
  return node.op("AddV2", [low, node.op("Mul", [node.op("Sub", [take(above), low]), column])]);
}

/** What scales an axis; the region, as a share of the axis, is for tf_crop_and_resize. */
interface Scaling {
  readonly scale: TfValue;
  readonly region?: readonly [TfValue, TfValue];
}

/** Where output elements `at` stand in the input; all values are floats of one dtype. */
export function coordinate(
  node: NodeLowering,
  at: TfValue,
  from: TfValue,
  to: TfValue,
  { scale, region }: Scaling,
  mode: string,
): TfValue {
  const number = (value: number) => node.scalar(at.dtype as DType, value);
  const [half, one] = [number(0.5), number(1)];
  const centred = () => node.op("RealDiv", [node.op("AddV2", [at, half]), scale]);
  switch (mode) {
    case "asymmetric":
      return node.op("RealDiv", [at, scale]);
    case "align_corners": {
      const intervals = node.op("Maximum", [node.op("Sub", [to, one]), one]);
      return node.op("RealDiv", [node.op("Mul", [at, node.op("Sub", [from, one])]), intervals]);
    }
    case "tf_half_pixel_for_nn":
      return centred();
    case "pytorch_half_pixel": {
      const several = node.op("Greater", [to, one]);
      return node.op("SelectV2", [several, node.op("Sub", [centred(), half]), number(0)]);
    }
    case "half_pixel_symmetric": {
      const adjustment = node.op("RealDiv", [to, node.op("Mul", [scale, from])]);
      const offset = node.op("Mul", [node.op("Mul", [from, half]), node.op("Sub", [one, adjustment])]);
      return node.op("AddV2", [offset, node.op("Sub", [centred(), half])]);
    }
    case "tf_crop_and_resize":
      return inRegion(node, at, from, to, region ?? [number(0), one]);
    default:
      return node.op("Sub", [centred(), half]);
  }
}

// start (from - 1) + at (end - start) (from - 1) / (to - 1), or the middle of the region for a single element
function inRegion(
  node: NodeLowering,
  at: TfValue,
  from: TfValue,
  to: TfValue,
  [start, end]: readonly [TfValue, TfValue],
): TfValue {
  const number = (value: number) => node.scalar(at.dtype as DType, value);
  const [last, intervals] = [from, to].map((size) => node.op("Sub", [size, number(1)])) as [TfValue, TfValue];
  const width = node.op("Mul", [node.op("Sub", [end, start]), last]);
  const step = node.op("RealDiv", [node.op("Mul", [at, width]), node.op("Maximum", [intervals, number(1)])]);
  const line = node.op("AddV2", [node.op("Mul", [start, last]), step]);
  const middle = node.op("Mul", [number(0.5), node.op("Mul", [node.op("AddV2", [start, end]), last])]);
  return node.op("SelectV2", [node.op("Greater", [to, number(1)]), line, middle]);
}

/** The nearest place to x, by ONNX's name of the rounding. */
export function rounded(node: NodeLowering, x: TfValue, mode: string): TfValue {
  const half = node.scalar(x.dtype as DType, 0.5);
  if (mode === "floor") return node.op("Floor", [x]);
  if (mode === "ceil") return node.op("Ceil", [x]);
  if (mode === "round_prefer_ceil") return node.op("Floor", [node.op("AddV2", [x, half])]);
  return node.op("Ceil", [node.op("Sub", [x, half])]);
}
