// A graph means the same before and after the passes: both are run by onnxruntime, at two batch sizes.
import fc from "fast-check";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import type { Graph } from "../graph/graph.ts";
import { verifyGraph } from "../graph/verify.ts";
import { elementCount } from "../tensor/tensor.ts";
import { encodeOnnx } from "../write/onnx/encode-graph.ts";
import { optimize } from "./optimize.ts";
import { INPUT_SIZES, randomGraph } from "./testing/random-graph.ts";

type Outputs = Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>;

async function run(graph: Graph, batches: readonly number[]): Promise<Outputs[]> {
  const session = await InferenceSession.create(
    encodeOnnx(graph, () => undefined),
    {
      graphOptimizationLevel: "disabled",
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
    },
  );
  const results: Outputs[] = [];
  for (const batch of batches) {
    const dims = [batch, ...INPUT_SIZES];
    const data = Float32Array.from({ length: elementCount(dims) }, (_, index) => Math.sin(index * 1.7) * 2);
    results.push((await session.run({ x: new Tensor("float32", data, dims) })) as unknown as Outputs); // of floats
  }
  await session.release();
  return results;
}

function difference(a: Outputs, b: Outputs): number {
  let worst = 0;
  for (const [name, wanted] of Object.entries(a)) {
    const got = b[name];
    expect(got?.dims).toEqual(wanted.dims);
    const largest = wanted.data.reduce((max, x) => Math.max(max, Math.abs(x)), 1e-3);
    for (const [index, x] of wanted.data.entries()) {
      worst = Math.max(worst, Math.abs(x - (got?.data[index] ?? Number.NaN)) / largest);
    }
  }
  return worst;
}

test("optimized graphs compute what they computed before", async () => {
  let removed = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(4096), { minLength: 2, maxLength: 9 }), async (choices) => {
      const before = await run(randomGraph(choices), [1, 3]);
      const graph = randomGraph(choices);
      const count = graph.nodes.length;
      optimize(graph);
      expect(verifyGraph(graph)).toEqual([]);
      removed += count - graph.nodes.length;
      const after = await run(graph, [1, 3]);
      for (const [index, outputs] of before.entries()) {
        expect(difference(outputs, after[index] ?? {})).toBeLessThan(1e-5);
      }
    }),
    { numRuns: 80, seed: 7 },
  );
  expect(removed).toBeGreaterThan(200); // the property says something only if the passes do something
});
