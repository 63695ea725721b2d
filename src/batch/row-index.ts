// x[arange(batch), index]: with a batch of 1 an export leaves the index 0 of arange(1), which is the first row only as long
// as there is no other. Beside another index it is taken for the number of the row.
// Not here: larger batches, whose row numbers are seen to count (repeated-rows.ts).
import { int64Tensor } from "../graph/builder.ts";
import { attributeOf, type Node, type Value } from "../graph/graph.ts";
import { numbersOf } from "../tensor/numbers.ts";
import { elementCount } from "../tensor/tensor.ts";
import { constantValue } from "./constant-values.ts";
import { rowNumbers, sizesWithBatch } from "./widen.ts";
import type { Workbench } from "./workbench.ts";

/** Lets a GatherND whose index into the batch is a constant 0 count rows. Other nodes stay as they are. */
export function steerRowIndex(node: Node, bench: Workbench): void {
  const [data, indices] = node.inputs;
  if (node.operator !== "GatherND" || bench.sizes.baked !== 1 || !data || !indices) return;
  const shape = bench.fixedShape(indices);
  const depth = shape?.at(-1) ?? 0;
  const batch = bench.batchIn(data);
  const isPlain =
    batch?.axis === 0 && batch.factor === 1 && (attributeOf(node, "batch_dims", "int") ?? 0) === 0;
  if (!shape || depth < 2 || !isPlain || !readsFirstRow(indices, depth, bench)) return;
  const rank = shape.length;
  const axis = bench.batchIn(indices)?.axis ?? 0;
  if (shape[axis] !== 1) return;
  const column = bench.emit(
    { op: "Reshape", inputs: [rowNumbers(node, bench), sizesWithBatch(axis, rank, node, bench)] },
    node,
  );
  const first = Array.from({ length: depth }, (_, at) => (at === 0 ? 1 : 0));
  const mask = constantValue(int64Tensor(first, [depth]));
  const offsets = bench.emit({ op: "Mul", inputs: [column, mask] }, node);
  bench.graph.setInput(node, 1, bench.emit({ op: "Add", inputs: [indices, offsets] }, node));
}

/** The first number of each index is 0, whatever the others are. */
function readsFirstRow(indices: Value, depth: number, bench: Workbench): boolean {
  const all = bench.constantOf(indices);
  if (all?.dtype === "int64") return numbersOf(all).every((number, at) => at % depth !== 0 || number === 0);
  const { producer } = indices;
  const [first] = producer?.operator === "Concat" ? producer.inputs : [];
  const tensor = first && bench.constantOf(withoutRepeats(first));
  return (
    tensor?.dtype === "int64" &&
    elementCount(tensor.shape) > 0 &&
    numbersOf(tensor).every((number) => number === 0)
  );
}

/** What Expand and Unsqueeze repeat and reshape. */
function withoutRepeats(value: Value): Value {
  const { producer } = value;
  const isRepeat = producer?.operator === "Expand" || producer?.operator === "Unsqueeze";
  return isRepeat && producer.inputs[0] ? withoutRepeats(producer.inputs[0]) : value;
}
