// Numbers given for some axes, as a vector over all axes; both the numbers and the axes may be known to running alone.
import type { TfValue } from "../graph.ts";
import type { NodeLowering } from "./node-lowering.ts";

/** int64 [rank]: `numbers` (int64) at `axes` (int64, negative ones from the end), `otherwise` elsewhere. */
export function spreadOverAxes(
  node: NodeLowering,
  numbers: TfValue,
  axes: TfValue,
  rank: number,
  otherwise: number,
): TfValue {
  const below = node.op("Less", [axes, node.int64(0)]);
  const places = node.op("SelectV2", [below, node.op("AddV2", [axes, node.int64(rank)]), axes]);
  const rows = node.op("Reshape", [places, node.int64s([-1, 1])]);
  const filled = node.int64s(new Array<number>(rank).fill(otherwise));
  return node.op("TensorScatterUpdate", [filled, rows, numbers]);
}
