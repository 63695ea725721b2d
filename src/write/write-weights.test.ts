import { crc32c } from "@node-rs/crc32";
import { describe, expect, it } from "vitest";
import type { Graph } from "../graph/graph.ts";
import { parseGraph, printGraph } from "../graph/text.ts";
import { derivedTensor, type Tensor } from "../tensor/tensor.ts";
import { permuteBytes, reshaped, transposed } from "../tensor/transpose.ts";
import type { TfNode, TfVariable } from "../tensorflow/graph.ts";
import { constantsOf, PAGE_BYTES, planWeights } from "./plan-weights.ts";
import { shareFilters } from "./share-filters.ts";
import { writeWeights } from "./write-weights.ts";

/** A weight of pseudo-random bytes that counts how often it is read. */
function weight(shape: readonly number[], seed: number): { tensor: Tensor; reads: () => number } {
  let reads = 0;
  const count = shape.reduce((product, size) => product * size, 1);
  const bytes = new Uint8Array(count * 4).map((_, index) => (index * seed + 1) % 251);
  const tensor = derivedTensor("float32", shape, () => {
    reads += 1;
    return bytes;
  });
  return { tensor, reads: () => reads };
}

const NODE: TfNode = { name: "n", op: "VarHandleOp", inputs: [], controls: [], attributes: new Map() };
const variable = (name: string, tensor: Tensor): TfVariable => ({ name, tensor, handle: NODE, read: NODE });

/** A graph that reads the tensors as constants. */
function graphOf(tensors: readonly Tensor[]): Graph {
  const lines = tensors.map((_, index) => `w${index}: float32[1] = [1.0]`);
  const sums = tensors.map((_, index) => `y${index} = Add(x, w${index})`);
  const outputs = tensors.map((_, index) => `y${index}`).join(", ");
  const graph = parseGraph(
    `graph main(x: float32[n]) -> (${outputs}) {\n${[...lines, ...sums].join("\n")}\n}`,
  );
  for (const [index, value] of [...constantsOf(graph)].entries()) value.initializer = tensors[index];
  return graph;
}

function written(graph: Graph, variables: readonly TfVariable[]) {
  const plan = planWeights(graph, variables);
  const parts: Uint8Array[] = [];
  const index = writeWeights(plan, { write: (bytes) => parts.push(bytes.slice()) });
  return { plan, file: Buffer.concat(parts), index };
}

describe("the data file", () => {
  it("holds a weight that both models want in one layout once", () => {
    const { tensor } = weight([64, 32], 7);
    const { plan, file } = written(graphOf([tensor]), [
      variable("w", tensor),
      variable("flat", reshaped(tensor, [2048])),
    ]);
    expect(plan.blobs).toHaveLength(1);
    expect(plan.place(tensor)).toEqual({ offset: 0, length: 8192 });
    expect(file).toEqual(Buffer.from(tensor.read()));
  });

  it("puts a permuted weight after its base and reads the base once", () => {
    const conv = weight([16, 8, 3, 3], 5);
    const other = weight([1200], 3);
    const filter = transposed(conv.tensor, [2, 3, 1, 0]);
    const { plan, file } = written(graphOf([conv.tensor, other.tensor]), [
      variable("c", filter),
      variable("o", other.tensor),
    ]);
    expect(conv.reads()).toBe(1);
    expect(other.reads()).toBe(1);
    expect(plan.blobs.map(({ tensor }) => tensor)).toEqual([conv.tensor, filter, other.tensor]);
    const place = plan.blobs[1]?.offset ?? 0;
    expect(file.subarray(place, place + 4608)).toEqual(
      Buffer.from(permuteBytes(conv.tensor.read(), 4, [16, 8, 3, 3], [2, 3, 1, 0])),
    );
  });

  it("aligns to pages what ONNX refers to, and fills gaps with zeros", () => {
    const tensors = [weight([1025], 3).tensor, weight([1100], 5).tensor];
    const { plan, file } = written(graphOf(tensors), []);
    expect(plan.blobs.map(({ offset }) => offset)).toEqual([0, 2 * PAGE_BYTES]);
    expect(file.subarray(4100, 8192).every((byte) => byte === 0)).toBe(true);
    expect(file).toHaveLength(plan.byteLength);
  });

  it("leaves small initializers inside model.onnx", () => {
    const { tensor } = weight([1023], 3);
    expect(planWeights(graphOf([tensor]), []).place(tensor)).toBeUndefined();
  });

  it("is the same for the same plan, and its index has the checksums", () => {
    const { tensor } = weight([2000], 11);
    const graph = graphOf([tensor]);
    const [first, second] = [
      written(graph, [variable("w", tensor)]),
      written(graph, [variable("w", tensor)]),
    ];
    expect(first.index).toEqual(second.index);
    expect(first.file).toEqual(second.file);
    const changed = written(graph, [variable("w", weight([2000], 13).tensor)]);
    expect(changed.index).not.toEqual(first.index);
    expect(crc32c(first.file)).not.toBe(0);
  });
});

describe("shareFilters", () => {
  it("lets ONNX read a convolution's weight in TensorFlow's order", () => {
    const { tensor } = weight([16, 8, 3, 3], 5);
    const filter = transposed(tensor, [2, 3, 1, 0]);
    const graph = graphOf([tensor]);
    shareFilters(graph, [variable("c", filter)]);
    expect(planWeights(graph, [variable("c", filter)]).blobs.map((blob) => blob.tensor)).toEqual([filter]);
    expect(printGraph(graph)).toContain("Transpose(w0.stored) {perm = [3, 2, 0, 1]}");
  });

  it("keeps a weight that TensorFlow reads in ONNX's order too", () => {
    const { tensor } = weight([64, 64], 5);
    const graph = graphOf([tensor]);
    shareFilters(graph, [variable("a", tensor), variable("b", transposed(tensor, [1, 0]))]);
    expect(printGraph(graph)).not.toContain("Transpose");
  });
});
