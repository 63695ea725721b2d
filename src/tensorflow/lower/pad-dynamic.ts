// Pad where the pads or their axes are known to running alone, in all four modes; negative pads crop.
import type { Dim } from "../../graph/dim.ts";
import type { TfValue } from "../graph.ts";
import type { NodeLowering } from "./node-lowering.ts";
import { spreadOverAxes } from "./spread-over-axes.ts";

/** Pads input 0 by input 1 along input 3, or along all axes. `fill` is a scalar of the data's dtype. */
export function padDynamic(node: NodeLowering, mode: string, fill: TfValue | undefined): TfValue {
  const rank = node.rank(0);
  const rows = node.op("Reshape", [node.cast(node.logical(1), "int64"), node.int64s([2, -1])]);
  const given = node.tf.ops("Unpack", [rows], { num: 2, axis: 0 });
  const axes = node.has(3) ? node.cast(node.logical(3), "int64") : undefined;
  const [begin, end] = given.map((pads) => (axes ? spreadOverAxes(node, pads, axes, rank, 0) : pads)) as [
    TfValue,
    TfValue,
  ];
  return mode === "constant"
    ? padByVectors(node, begin, end, fill)
    : withElements(node, begin, end, mode, rank);
}

/** `data`, as deep as input 0, with a constant around it: int64 vectors of cells before and after each axis, negative ones cropping. */
export function padByVectors(
  node: NodeLowering,
  begin: TfValue,
  end: TfValue,
  fill?: TfValue,
  data = node.logical(0),
): TfValue {
  const zero = node.int64(0);
  const sizes = node.op("Shape", [data], { out_type: "int64" });
  const from = node.op("Maximum", [node.op("Neg", [begin]), zero]);
  const to = node.op("AddV2", [sizes, node.op("Minimum", [end, zero])]);
  const steps = node.int64s(node.shape(0).map(() => 1));
  const cropped = node.op("StridedSlice", [data, from, to, steps]);
  const outside = [begin, end].map((pads) => node.op("Maximum", [pads, zero]));
  const paddings = node.op("Pack", [outside], { axis: 1 });
  return fill ? node.op("PadV2", [cropped, paddings, fill]) : node.op("Pad", [cropped, paddings]);
}

/** Axis by axis, the elements that stand at the places from -begin to size + end. */
function withElements(node: NodeLowering, begin: TfValue, end: TfValue, mode: string, rank: number): TfValue {
  const [before, after] = [begin, end].map((pads) => node.tf.ops("Unpack", [pads], { num: rank, axis: 0 }));
  return node.shape(0).reduce<TfValue>((value, dim: Dim, axis) => {
    const size = node.values.dim(dim);
    const first = node.op("Neg", [before?.[axis] as TfValue]);
    const last = node.op("AddV2", [size, after?.[axis] as TfValue]);
    const places = node.op("Range", [first, last, node.int64(1)]);
    return node.op("GatherV2", [value, sources(node, places, size, mode), node.int32(axis)]);
  }, node.logical(0));
}

/** Which element of an axis stands at each place. */
function sources(node: NodeLowering, places: TfValue, size: TfValue, mode: string): TfValue {
  const [zero, one] = [node.int64(0), node.int64(1)];
  const last = node.op("Sub", [size, one]);
  if (mode === "edge") return node.op("Minimum", [last, node.op("Maximum", [places, zero])]);
  if (mode === "wrap") return node.op("FloorMod", [places, size]);
  // reflect: a triangle wave that does not repeat the edges
  const period = node.op("Maximum", [one, node.op("Mul", [last, node.int64(2)])]);
  const within = node.op("FloorMod", [places, period]);
  return node.op("Minimum", [within, node.op("Sub", [period, within])]);
}
