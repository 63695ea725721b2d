// Resize whose scales, sizes or regions are known to running alone, in all its modes: the matrix of resize-weights.ts,
// made by TensorFlow when the model runs. Computed in float64, as there.
// W[o, i] = sum over the places p that clamp to i of kernel((x(o) - p) * stretch); y = W x along the axis.
import type { DType } from "../../tensor/dtype.ts";
import type { TfValue } from "../graph.ts";
import type { NodeLowering } from "./node-lowering.ts";
import { coordinate, rounded } from "./resize-dynamic.ts";
import type { Interpolation } from "./resize-weights.ts";

/** One axis; sizes are int64 scalars, the others float64 scalars. */
interface FreeAxis {
  readonly from: TfValue;
  readonly to: TfValue;
  readonly scale: TfValue;
  readonly region: readonly [TfValue, TfValue];
}

/**
 * Input 0 in ONNX's order, resized by input 2 (scales) or input 3 (sizes), which have a number for each of `axes`; only
 * those in `changed` may change. With `kept` all axes get the one scale that fits into (or around) the sizes.
 */
export function resizeFreely(
  node: NodeLowering,
  axes: readonly number[],
  changed: readonly number[],
  scaled: boolean,
  interpolation: Interpolation,
  kept?: "not_larger" | "not_smaller",
): TfValue {
  const dtype = node.dtype(0);
  const sum: DType = interpolation.mode === "nearest" ? dtype : dtype === "float64" ? dtype : "float32";
  const sizes = node.shape(0).map((dim) => node.values.dim(dim));
  const given = elements(node, scaled ? 2 : 3, axes.length, scaled ? "float64" : "int64");
  const regions =
    interpolation.coordinates === "tf_crop_and_resize"
      ? elements(node, 1, 2 * axes.length, "float64")
      : undefined;
  const common = kept && commonScale(node, axes, sizes, given, kept);
  let value = node.cast(node.logical(0), sum);
  for (const [index, axis] of axes.entries()) {
    if (!changed.includes(axis)) continue;
    const region = regions
      ? ([regions[index], regions[axes.length + index]] as [TfValue, TfValue])
      : ([node.scalar("float64", 0), node.scalar("float64", 1)] as const);
    const from = sizes[axis] as TfValue; // an axis of the data
    const line = common
      ? keptLine(node, from, common, region)
      : lineOf(node, from, given[index] as TfValue, scaled, region);
    value = resized(node, value, sizes, axis, line, interpolation);
    sizes[axis] = line.to;
  }
  return node.cast(node.op("Reshape", [value, node.op("Pack", [sizes])]), dtype);
}

function elements(node: NodeLowering, input: number, num: number, dtype: DType): TfValue[] {
  return node.tf.ops("Unpack", [node.cast(node.logical(input), dtype)], { num, axis: 0 });
}

/** The smallest or largest ratio of a size to what is there. */
function commonScale(
  node: NodeLowering,
  axes: readonly number[],
  sizes: readonly TfValue[],
  given: readonly TfValue[],
  kept: "not_larger" | "not_smaller",
): TfValue {
  const ratios = axes.map((axis, index) =>
    node.op("RealDiv", [
      node.cast(given[index] as TfValue, "float64"), // one for each axis
      node.cast(sizes[axis] as TfValue, "float64"),
    ]),
  );
  const op = kept === "not_larger" ? "Minimum" : "Maximum";
  return ratios.reduce((best, ratio) => node.op(op, [best, ratio]));
}

/** An axis scaled by the common ratio; halves of its size round up. */
function keptLine(
  node: NodeLowering,
  from: TfValue,
  scale: TfValue,
  region: readonly [TfValue, TfValue],
): FreeAxis {
  const size = node.op("Mul", [node.cast(from, "float64"), scale]);
  const rounded = node.op("Floor", [node.op("AddV2", [size, node.scalar("float64", 0.5)])]);
  return { from, to: node.cast(rounded, "int64"), scale, region };
}

function lineOf(
  node: NodeLowering,
  from: TfValue,
  given: TfValue,
  scaled: boolean,
  region: readonly [TfValue, TfValue],
): FreeAxis {
  const length = node.cast(from, "float64");
  if (!scaled)
    return { from, to: given, scale: node.op("RealDiv", [node.cast(given, "float64"), length]), region };
  const part = node.op("Mul", [length, node.op("Sub", [region[1], region[0]])]);
  const product = node.op("Floor", [node.op("Mul", [part, given])]); // exact, as inference computes it
  return { from, to: node.cast(product, "int64"), scale: given, region };
}

/** In float32, as PyTorch and ONNX Runtime have it: a coordinate between two places goes where theirs goes. */
function nearest(node: NodeLowering, x: TfValue, rounding: string): TfValue {
  return rounded(node, node.cast(x, "float32"), rounding);
}

/** `value`, whose sizes are `sizes`, with one axis resized; the result has three axes, that one in the middle. */
function resized(
  node: NodeLowering,
  value: TfValue,
  sizes: readonly TfValue[],
  axis: number,
  line: FreeAxis,
  interpolation: Interpolation,
): TfValue {
  const one = node.int64(1);
  const behind = sizes.slice(axis + 1).reduce((product, size) => node.op("Mul", [product, size]), one);
  const before = sizes.slice(0, axis).reduce((product, size) => node.op("Mul", [product, size]), one);
  const rows = node.op("Reshape", [value, node.op("Pack", [[before, line.from, behind]])]);
  const places = node.op("Range", [node.int64(0), line.to, one]);
  const [from, to] = [node.cast(line.from, "float64"), node.cast(line.to, "float64")];
  const x = coordinate(node, node.cast(places, "float64"), from, to, line, interpolation.coordinates);
  const whole =
    interpolation.mode === "nearest"
      ? node.op("GatherV2", [
          rows,
          clamped(node, node.cast(nearest(node, x, interpolation.nearest), "int64"), line.from),
          node.int32(1),
        ])
      : node.op("BatchMatMulV2", [
          node.cast(matrix(node, x, line, interpolation), value.dtype as DType), // data are numbers
          rows,
        ]);
  if (interpolation.coordinates !== "tf_crop_and_resize") return whole;
  const last = node.op("Sub", [from, node.scalar("float64", 1)]);
  const inside = node.op("LogicalAnd", [
    node.op("GreaterEqual", [x, node.scalar("float64", 0)]),
    node.op("LessEqual", [x, last]),
  ]);
  const fill = node.scalar(value.dtype as DType, node.float("extrapolation_value", 0));
  return node.op("SelectV2", [node.op("Reshape", [inside, node.int64s([-1, 1])]), whole, fill]);
}

function clamped(node: NodeLowering, places: TfValue, size: TfValue): TfValue {
  const last = node.op("Sub", [size, node.int64(1)]);
  return node.op("Minimum", [node.op("Maximum", [places, node.int64(0)]), last]);
}

/** [to, from] in float64. */
function matrix(node: NodeLowering, x: TfValue, line: FreeAxis, interpolation: Interpolation): TfValue {
  const number = (value: number) => node.scalar("float64", value);
  const stretch = interpolation.antialias ? node.op("Minimum", [line.scale, number(1)]) : number(1);
  const reach = number(interpolation.mode === "cubic" ? 2 : 1);
  // As far outside as a window can reach, and one further for coordinates that stand outside themselves.
  const margin = node.op("AddV2", [
    node.cast(node.op("Ceil", [node.op("RealDiv", [reach, stretch])]), "int64"),
    node.int64(1),
  ]);
  const places = node.op("Range", [
    node.op("Neg", [margin]),
    node.op("AddV2", [line.from, margin]),
    node.int64(1),
  ]);
  const column = node.op("Reshape", [x, node.int64s([-1, 1])]);
  const distance = node.op("Mul", [node.op("Sub", [column, node.cast(places, "float64")]), stretch]);
  let weights = kernel(node, node.op("Abs", [distance]), interpolation);
  const edge = clamped(node, places, line.from);
  if (interpolation.excludeOutside) {
    const inside = node.cast(node.op("Equal", [edge, places]), "float64");
    weights = node.op("Mul", [weights, inside]);
  }
  if (interpolation.excludeOutside || interpolation.antialias) {
    const total = node.op("Sum", [weights, node.int32s([1])], { keep_dims: true });
    weights = node.op("RealDiv", [weights, total]);
  }
  const depth = node.cast(line.from, "int32");
  const own = node.op("OneHot", [edge, depth, number(1), number(0)], { axis: -1 });
  return node.op("MatMul", [weights, own]);
}

/** Of distances that are not negative. */
function kernel(node: NodeLowering, x: TfValue, { mode, cubicCoefficient: a }: Interpolation): TfValue {
  const number = (value: number) => node.scalar("float64", value);
  if (mode !== "cubic") return node.op("Maximum", [node.op("Sub", [number(1), x]), number(0)]);
  const polynomial = (coefficients: readonly number[]) =>
    coefficients
      .map(number)
      .reduce((sum, coefficient) => node.op("AddV2", [node.op("Mul", [sum, x]), coefficient]));
  const near = polynomial([a + 2, -(a + 3), 0, 1]);
  const far = polynomial([a, -5 * a, 8 * a, -4 * a]);
  const outer = node.op("SelectV2", [node.op("Less", [x, number(2)]), far, number(0)]);
  return node.op("SelectV2", [node.op("LessEqual", [x, number(1)]), near, outer]);
}
