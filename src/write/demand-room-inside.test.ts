import { expect, it } from "vitest";
import { FerryError } from "../core/errors.ts";
import { inferTypes } from "../graph/infer-types.ts";
import { parseGraph } from "../graph/text.ts";
import { derivedTensor } from "../tensor/tensor.ts";
import { lowerToTensorFlow } from "../tensorflow/lower/lower-to-tensorflow.ts";
import { planVersion } from "./write-version.ts";

/** A product with a weight of so many rows of 4 kB, which may not be read. */
function product(rows: number) {
  const graph = parseGraph(`graph main(x: float32[n, ${rows}]) -> (y) {
    w: float32[1, 1] = [0.0]
    y = MatMul(x, w)
  }`);
  const weight = graph.nodes[0]?.inputs[1];
  if (!weight) throw new Error("there is a weight");
  const unread = derivedTensor("float32", [rows, 1024], () => {
    throw new Error("the weight was read");
  });
  weight.initializer = unread;
  weight.type = { kind: "tensor", dtype: "float32", shape: unread.shape };
  return { graph, tensorflow: lowerToTensorFlow(inferTypes(graph), { file: "m.onnx", isFrozen: true }) };
}

it("names both models that would pass 2 GB, before a weight is read", () => {
  const { graph, tensorflow } = product(600_000);
  let error: unknown;
  try {
    planVersion(graph, tensorflow, { base: "nowhere", areWeightsInside: true });
  } catch (reason) {
    error = reason;
  }
  if (!(error instanceof FerryError)) throw new Error(`a FerryError is wanted, not ${String(error)}`);
  expect(error.problems.map(({ code, fields }) => [code, fields["file"], fields["size"]])).toEqual([
    ["WEIGHTS_TOO_LARGE", "saved_model.pb", "2.46 GB"],
    ["WEIGHTS_TOO_LARGE", "model.onnx", "2.46 GB"],
  ]);
  expect(error.row.exit).toBe(2);
});

it("asks nothing of weights outside", () => {
  const { graph, tensorflow } = product(600_000);
  const outside = lowerToTensorFlow(inferTypes(graph), { file: "m.onnx" });
  expect(planVersion(graph, outside, { base: "nowhere" }).byteLength).toBeGreaterThan(2.4e9);
  expect(tensorflow.variables).toEqual([]);
});
