// Resize along an axis whose size only running tells: the formulas of resize-weights.ts as TensorFlow operators, for
// nearest and linear interpolation. Computed in float32, as onnxruntime does.
import type { Dim } from "../../graph/dim.ts";
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
    scale,
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

function coordinate(
  node: NodeLowering,
  at: TfValue,
  from: TfValue,
  to: TfValue,
  scale: TfValue,
  mode: string,
): TfValue {
  const half = node.scalar("float32", 0.5);
  const one = node.scalar("float32", 1);
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
      return node.op("SelectV2", [several, node.op("Sub", [centred(), half]), node.scalar("float32", 0)]);
    }
    case "half_pixel_symmetric": {
      const adjustment = node.op("RealDiv", [to, node.op("Mul", [scale, from])]);
      const offset = node.op("Mul", [node.op("Mul", [from, half]), node.op("Sub", [one, adjustment])]);
      return node.op("AddV2", [offset, node.op("Sub", [centred(), half])]);
    }
    default:
      return node.op("Sub", [centred(), half]);
  }
}

function rounded(node: NodeLowering, x: TfValue, mode: string): TfValue {
  const half = node.scalar("float32", 0.5);
  if (mode === "floor") return node.op("Floor", [x]);
  if (mode === "ceil") return node.op("Ceil", [x]);
  if (mode === "round_prefer_ceil") return node.op("Floor", [node.op("AddV2", [x, half])]);
  return node.op("Ceil", [node.op("Sub", [x, half])]);
}
