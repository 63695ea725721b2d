// Places on the diagonal of a matrix whose sizes only running tells.
import { int } from "../../graph/attribute.ts";
import { type Dim, maxDims, minDims, subDims } from "../../graph/dim.ts";
import type { Value } from "../../graph/graph.ts";
import type { Call } from "./call.ts";

/** int64 [n, 2]: row and column of each element (i, i + offset), as far as both reach. */
export function freeDiagonalPlaces(call: Call, rows: Dim, columns: Dim, offset: number): Value {
  const [above, below] = [Math.max(offset, 0), Math.max(-offset, 0)];
  const count = maxDims(minDims(subDims(rows, below), subDims(columns, above)), 0);
  const [zero, one] = [call.builder.int64(0), call.builder.int64(1)];
  const steps = call.op("Range", [zero, call.dimEmitter.scalar(count), one]);
  const from = (start: number) => (start === 0 ? steps : call.op("Add", [steps, call.builder.int64(start)]));
  const [row, column] = [call.unsqueeze(from(below), 1), call.unsqueeze(from(above), 1)];
  return call.op("Concat", [row, column], { axis: int(1) });
}
