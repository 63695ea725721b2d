import { expect, it } from "vitest";
import { derivedTensor } from "../tensor/tensor.ts";
import { TfBuilder } from "./builder.ts";
import { withRestore } from "./restore.ts";

/** A graph with a variable of each size, in millions of bytes, none of which may be read. */
function graphOf(sizes: readonly number[]) {
  const tf = new TfBuilder();
  for (const [index, size] of sizes.entries()) {
    const unread = derivedTensor("uint8", [size * 1e6], () => new Uint8Array(0));
    tf.variable(unread, `w${index}`);
  }
  return { nodes: tf.nodes, functions: [], variables: tf.variables, inputs: [], outputs: [] };
}

/** How many tensors each RestoreV2 reads. */
function restored(sizes: readonly number[], shards: readonly number[]): number[] {
  const graph = graphOf(sizes);
  const { graph: whole, assigned } = withRestore(graph, ({ name }) => shards[Number(name.slice(1))] ?? 0);
  expect(assigned.size).toBe(sizes.length);
  return whole.nodes.flatMap(({ op, attributes }) => {
    const dtypes = attributes.get("dtypes");
    return op === "RestoreV2" && dtypes?.kind === "types" ? [dtypes.value.length] : [];
  });
}

it("restores each data file by operations of its own", () => {
  expect(restored([1, 1, 1], [0, 0, 0])).toEqual([3]);
  expect(restored([1, 1, 1, 1], [0, 1, 0, 1])).toEqual([2, 2]);
});

it("restores a large data file by several, so that not all of it is held at once", () => {
  expect(restored([400, 400, 400], [0, 0, 0])).toEqual([2, 1]);
});

it("restores nothing of a graph without variables", () => {
  expect(restored([], [])).toEqual([]);
});
