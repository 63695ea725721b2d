import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TensorValue } from "../engine.ts";
import { type ModelInit, onnxModel } from "../testing/onnx-model.ts";
import { OrtSession } from "./ort-session.ts";
import { ortRuntime } from "./runtime.ts";
import { openSession } from "./session.ts";

const SHAPE = ["n", "m"] as const;
/** sum = a + b; product = a * b; lengths = the shape of a. */
const ARITHMETIC: ModelInit = {
  inputs: ["a", "b"].map((name) => ({ name, dtype: "float32", shape: SHAPE })),
  outputs: [
    { name: "sum", dtype: "float32", shape: SHAPE },
    { name: "product", dtype: "float32", shape: SHAPE },
    { name: "lengths", dtype: "int64", shape: [2] },
  ],
  nodes: [
    { opType: "Add", input: ["a", "b"], output: ["sum"] },
    { opType: "Mul", input: ["a", "b"], output: ["product"] },
    { opType: "Shape", input: ["a"], output: ["lengths"] },
  ],
};
/** The same sizes go in, and as many come out as the input says: not what calls are bound for. */
const COUNTED: ModelInit = {
  inputs: [{ name: "x", dtype: "float32", shape: ["n"] }],
  outputs: [{ name: "found", dtype: "int64", shape: [1, "k"] }],
  nodes: [{ opType: "NonZero", input: ["x"], output: ["found"] }],
};

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "torchferry-bound-"));
let arithmetic: OrtSession;
let counted: OrtSession;

beforeAll(async () => {
  [arithmetic, counted] = await Promise.all([open("arithmetic", ARITHMETIC), open("counted", COUNTED)]);
});
afterAll(async () => {
  await Promise.all([arithmetic.release(), counted.release()]);
  fs.rmSync(folder, { recursive: true });
});

async function open(name: string, model: ModelInit): Promise<OrtSession> {
  const file = path.join(folder, `${name}.onnx`);
  fs.writeFileSync(file, onnxModel(model));
  const runtime = ortRuntime();
  return new OrtSession(
    runtime,
    await openSession(runtime, file, { intraOpThreads: 1, operatorLibraries: [] }),
  );
}

/** A view that begins `skipped` bytes into its buffer. */
function float32(shape: readonly number[], values: readonly number[], skipped = 0): TensorValue {
  const data = new Uint8Array(skipped + 4 * values.length).subarray(skipped);
  data.set(new Uint8Array(Float32Array.from(values).buffer));
  return { dtype: "float32", shape, data };
}

const floats = (value: TensorValue | undefined): number[] => [
  ...new Float32Array(value?.data.slice().buffer ?? new ArrayBuffer(0)),
];
const longs = (value: TensorValue | undefined): bigint[] => [
  ...new BigInt64Array(value?.data.slice().buffer ?? new ArrayBuffer(0)),
];

describe("calls on the event loop", () => {
  it("answer for their own inputs, whatever shapes and outputs come in between", () => {
    const kept: [TensorValue | undefined, number[]][] = [];
    for (let call = 0; call < 200; call++) {
      // More shapes than are kept, each several times.
      const rows = 1 + ((call * 7) % 23);
      const a = Array.from({ length: rows * 2 }, (_, at) => call + at);
      const b = a.map((value) => value / 2 - call);
      const given = [
        ["a", float32([rows, 2], a, call % 3)],
        ["b", float32([rows, 2], b)],
      ] as const;
      const inputs = new Map(call % 2 ? given : [...given].reverse());
      const wanted = call % 5 === 0 ? ["lengths", "product"] : ["sum", "lengths", "product"];
      const outputs = arithmetic.onLoop(inputs, wanted);
      expect([...outputs.keys()]).toEqual(wanted);
      expect(longs(outputs.get("lengths"))).toEqual([BigInt(rows), 2n]);
      const product = a.map((value, at) => Math.fround(value * (b[at] ?? 0)));
      expect(floats(outputs.get("product"))).toEqual(product);
      kept.push([outputs.get("product"), product]);
    }
    // Nobody's answer is written over by a later call.
    for (const [tensor, product] of kept) expect(floats(tensor)).toEqual(product);
  });

  it("are right with empty tensors, large ones and other dtypes of the same shapes", () => {
    for (let turn = 0; turn < 3; turn++) {
      const empty = new Map(["a", "b"].map((name) => [name, float32([0, 2], [])]));
      expect(longs(arithmetic.onLoop(empty, ["lengths"]).get("lengths"))).toEqual([0n, 2n]);
      const large = Array.from({ length: 20_000 }, (_, at) => at % 1000);
      const both = new Map(["a", "b"].map((name) => [name, float32([10_000, 2], large)]));
      expect(floats(arithmetic.onLoop(both, ["sum"]).get("sum"))).toEqual(large.map((value) => 2 * value));
      const small = new Map(["a", "b"].map((name) => [name, float32([1, 2], [turn, 3])]));
      expect(floats(arithmetic.onLoop(small, ["sum"]).get("sum"))).toEqual([2 * turn, 6]);
      const wrong = new Map(small).set("b", { dtype: "int32", shape: [1, 2], data: new Uint8Array(8) });
      expect(() => arithmetic.onLoop(wrong, ["sum"])).toThrow(/int32/);
    }
  });

  it("run the long way where the outputs' shapes turn out others", () => {
    const find = (...values: number[]) =>
      longs(counted.onLoop(new Map([["x", float32([4], values)]]), ["found"]).get("found"));
    expect(find(0, 1, 1, 0)).toEqual([1n, 2n]);
    expect(find(1, 0, 0, 1)).toEqual([0n, 3n]);
    expect(find(1, 1, 1, 1)).toEqual([0n, 1n, 2n, 3n]);
    expect(find(0, 0, 0, 0)).toEqual([]);
    expect(find(0, 0, 1, 0)).toEqual([2n]);
  });

  it("go on after what was kept for them was given back", () => {
    arithmetic.forget();
    const inputs = new Map(["a", "b"].map((name) => [name, float32([1, 1], [5])]));
    expect(floats(arithmetic.onLoop(inputs, ["product"]).get("product"))).toEqual([25]);
    arithmetic.forget();
    expect(floats(arithmetic.onLoop(inputs, ["product"]).get("product"))).toEqual([25]);
  });
});
