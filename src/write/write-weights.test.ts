import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c } from "../bytes/crc32.ts";
import type { ByteSource } from "../core/byte-source.ts";
import type { Graph } from "../graph/graph.ts";
import { parseGraph, printGraph } from "../graph/text.ts";
import { derivedTensor, type Tensor, tensorFromBytes, tensorFromSource } from "../tensor/tensor.ts";
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

function written(graph: Graph, variables: readonly TfVariable[], shardBytes?: number) {
  const plan = planWeights(graph, variables, shardBytes);
  const files: Buffer[] = [];
  const index = writeWeights(plan, (_, fill) => {
    const parts: Uint8Array[] = [];
    fill({ write: (bytes) => parts.push(bytes.slice()) });
    files.push(Buffer.concat(parts));
  });
  const blobs = plan.shards.flatMap((shard) => shard.blobs);
  return { plan, blobs, files, file: Buffer.concat(files), index };
}

describe("the data file", () => {
  it("holds a weight that both models want in one layout once", () => {
    const { tensor } = weight([64, 32], 7);
    const { plan, blobs, file } = written(graphOf([tensor]), [
      variable("w", tensor),
      variable("flat", reshaped(tensor, [2048])),
    ]);
    expect(blobs).toHaveLength(1);
    expect(plan.place(tensor)).toEqual({ shard: 0, offset: 0, length: 8192 });
    expect(file).toEqual(Buffer.from(tensor.read()));
  });

  it("puts a permuted weight after its base and reads the base once", () => {
    const conv = weight([16, 8, 3, 3], 5);
    const other = weight([1200], 3);
    const filter = transposed(conv.tensor, [2, 3, 1, 0]);
    const { blobs, file } = written(graphOf([conv.tensor, other.tensor]), [
      variable("c", filter),
      variable("o", other.tensor),
    ]);
    expect(conv.reads()).toBe(1);
    expect(other.reads()).toBe(1);
    expect(blobs.map(({ tensor }) => tensor)).toEqual([conv.tensor, filter, other.tensor]);
    const place = blobs[1]?.offset ?? 0;
    expect(file.subarray(place, place + 4608)).toEqual(
      Buffer.from(permuteBytes(conv.tensor.read(), 4, [16, 8, 3, 3], [2, 3, 1, 0])),
    );
  });

  it("aligns to pages what ONNX refers to, and fills gaps with zeros", () => {
    const tensors = [weight([1025], 3).tensor, weight([1100], 5).tensor];
    const { plan, blobs, file } = written(graphOf(tensors), []);
    expect(blobs.map(({ offset }) => offset)).toEqual([0, 2 * PAGE_BYTES]);
    expect(file.subarray(4100, 8192).every((byte) => byte === 0)).toBe(true);
    expect(file).toHaveLength(plan.byteLength);
  });

  it("ends before the next weight and its permutations would pass the limit", () => {
    const [first, conv, large] = [weight([2048], 3), weight([16, 8, 4, 4], 5), weight([9000], 7)];
    const filter = transposed(conv.tensor, [2, 3, 1, 0]);
    const all = [first.tensor, conv.tensor, large.tensor];
    const { plan, blobs, files } = written(
      graphOf(all),
      [variable("f", first.tensor), variable("c", filter), variable("l", large.tensor)],
      20_000,
    );
    expect(blobs.map(({ tensor, shard, offset }) => [tensor, shard, offset])).toEqual([
      [first.tensor, 0, 0],
      [conv.tensor, 1, 0],
      [filter, 1, 8192],
      [large.tensor, 2, 0], // larger than the limit
    ]);
    expect(files.map(({ byteLength }) => byteLength)).toEqual([8192, 16384, 36000]);
    expect(plan.byteLength).toBe(8192 + 16384 + 36000);
    expect(plan.place(conv.tensor)).toEqual({ shard: 1, offset: 0, length: 8192 });
    expect(plan.shardOf(variable("l", large.tensor))).toBe(2);
    expect(conv.reads()).toBe(1);
  });

  it("never passes the limit, whatever the sizes", () => {
    const count = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(fc.array(count, { minLength: 1, maxLength: 30 }), (counts) => {
        const tensors = counts.map((each, index) => weight([each], index + 3).tensor);
        const variables = tensors.map((tensor, index) => variable(`w${index}`, tensor));
        const { files, blobs, plan } = written(graphOf(tensors), variables, 16_384);
        expect(files.every(({ byteLength }) => byteLength <= 16_384)).toBe(true);
        for (const { tensor, shard, offset, byteLength } of blobs) {
          expect(files[shard]?.subarray(offset, offset + byteLength).equals(tensor.read())).toBe(true);
        }
        expect(files.map(({ byteLength }) => byteLength)).toEqual(
          plan.shards.map(({ byteLength }) => byteLength),
        );
      }),
      { numRuns: 50 },
    );
  });

  it("is the same in pieces, from tensors in a file, as from tensors in memory", () => {
    const elements = 400_000; // more than one piece, and not a multiple of one
    const bytes = new Uint8Array(2 * 4 * elements).map((_, index) => (index * 7 + (index >> 9)) % 251);
    const source: ByteSource = {
      name: "weights",
      size: bytes.byteLength,
      read: (offset, length) => bytes.slice(offset, offset + length),
      readInto: (offset, target) => target.set(bytes.subarray(offset, offset + target.byteLength)),
    };
    const shapes = [[elements], [1000, 400]] as const;
    const lazy = shapes.map((shape, at) => tensorFromSource("float32", shape, source, at * 4 * elements));
    const here = lazy.map((tensor) => tensorFromBytes("float32", tensor.shape, tensor.read()));
    const made = [lazy, here].map(([a, b]) => {
      if (!a || !b) throw new Error("there are two");
      const turned = transposed(b, [1, 0]);
      const twice = transposed(reshaped(turned, [200, 2, 1000]), [1, 0, 2]);
      const all = [variable("a", a), variable("b", b), variable("t", turned), variable("u", twice)];
      return written(graphOf([a, b]), all);
    });
    expect(made[0]?.file.equals(made[1]?.file ?? Buffer.alloc(0))).toBe(true);
    expect(made[0]?.index).toEqual(made[1]?.index);
    const [a, b, t, u] = made[0]?.blobs ?? [];
    const at = (blob = a) => made[0]?.file.subarray(blob?.offset, (blob?.offset ?? 0) + 4 * elements);
    expect(at(a)?.equals(bytes.subarray(0, 4 * elements))).toBe(true);
    expect(at(b)?.equals(bytes.subarray(4 * elements))).toBe(true);
    const turned = permuteBytes(bytes.slice(4 * elements), 4, [1000, 400], [1, 0]);
    expect(at(t)?.equals(turned)).toBe(true);
    expect(at(u)?.equals(permuteBytes(turned, 4, [200, 2, 1000], [1, 0, 2]))).toBe(true);
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
    expect(written(graph, [variable("c", filter)]).blobs.map((blob) => blob.tensor)).toEqual([filter]);
    expect(printGraph(graph)).toContain("Transpose(w0.stored) {perm = [3, 2, 0, 1]}");
  });

  it("keeps a weight that TensorFlow reads in ONNX's order too", () => {
    const { tensor } = weight([64, 64], 5);
    const graph = graphOf([tensor]);
    shareFilters(graph, [variable("a", tensor), variable("b", transposed(tensor, [1, 0]))]);
    expect(printGraph(graph)).not.toContain("Transpose");
  });
});
