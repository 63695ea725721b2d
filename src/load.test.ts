import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convertFile } from "./convert-file.ts";
import { FerryError } from "./core/errors.ts";
import { type ModelInit, onnxModel } from "./engine/testing/onnx-model.ts";
import { load } from "./load.ts";

/** scaled = 2 image, count = count + 1, text = text. */
const MODEL: ModelInit = {
  inputs: [
    { name: "image", dtype: "float32", shape: ["batch", 2, 2] },
    { name: "count", dtype: "int64", shape: [] },
  ],
  outputs: [
    { name: "scaled", dtype: "float32", shape: ["batch", 2, 2] },
    { name: "next", dtype: "int64", shape: [] },
  ],
  nodes: [
    { opType: "Mul", input: ["image", "two"], output: ["scaled"] },
    { opType: "Add", input: ["count", "one"], output: ["next"] },
  ],
  weights: [
    { name: "two", dataType: 1, dims: [], floatData: [2] },
    { name: "one", dataType: 7, dims: [], int64Data: [1n] },
  ],
};

let folder = "";
let file = "";

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "torchferry-load-"));
  file = path.join(folder, "model.onnx");
  fs.writeFileSync(file, onnxModel(MODEL));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const IMAGE = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);

async function codesOf(work: Promise<unknown>): Promise<string[]> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof FerryError) return error.problems.map((problem) => problem.code);
  throw new Error(`expected a FerryError, got ${String(error)}`);
}

describe("load", () => {
  it("runs a model file on typed arrays", async () => {
    const model = await load(file);
    expect(model.signatures).toEqual(["serving_default"]);
    expect(model.inputs).toEqual([
      { name: "image", dtype: "float32", shape: [-1, 2, 2] },
      { name: "count", dtype: "int64", shape: [] },
    ]);
    expect(model.outputs.map((output) => output.name)).toEqual(["scaled", "next"]);
    const { scaled, next } = await model.run({ image: IMAGE, count: BigInt64Array.of(41n) });
    expect(scaled).toEqual({
      dtype: "float32",
      shape: [2, 2, 2],
      data: Float32Array.of(2, 4, 6, 8, 10, 12, 14, 16),
    });
    expect(next).toEqual({ dtype: "int64", shape: [], data: BigInt64Array.of(42n) });
    await model.close();
    expect(await codesOf(model.run({ image: IMAGE, count: BigInt64Array.of(1n) }))).toEqual(["MODEL_CLOSED"]);
  });

  it("leaves no temporary directory behind", async () => {
    const own = fs.mkdtempSync(path.join(folder, "tmp-"));
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = own;
    try {
      const model = await load(file);
      await model.run({ image: IMAGE, count: BigInt64Array.of(0n) });
      await model.close();
      expect(await codesOf(load(path.join(folder, "none.onnx")))).toEqual(["FILE_NOT_FOUND"]);
      expect(fs.readdirSync(own)).toEqual([]);
    } finally {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
    }
  });

  it("takes a version directory, or the highest version of a base", async () => {
    const base = path.join(folder, "versions");
    await convertFile(file, { output: base, version: 9, signatures: ["predict"] });
    fs.mkdirSync(path.join(base, "assets"));
    await convertFile(file, { output: base, version: 10, outputNames: ["double", "next"] });
    for (const [place, output] of [
      [path.join(base, "9"), "scaled"],
      [base, "double"],
    ] as const) {
      const model = await load(place);
      const result = await model.run({ image: IMAGE, count: BigInt64Array.of(1n) }, { outputs: [output] });
      expect(Object.keys(result)).toEqual([output]);
      expect(result[output]?.shape).toEqual([2, 2, 2]);
      await model.close();
    }
    const ninth = await load(path.join(base, "9"));
    expect(ninth.signatures).toEqual(["serving_default", "predict"]);
    const inputs = { image: IMAGE, count: BigInt64Array.of(1n) };
    expect((await ninth.run(inputs, { signature: "predict" }))["next"]?.data).toEqual(BigInt64Array.of(2n));
    expect(await codesOf(ninth.run(inputs, { signature: "other" }))).toEqual(["SIGNATURE_UNKNOWN"]);
    await ninth.close();
    expect(await codesOf(load(path.join(base, "assets")))).toEqual(["NO_VERSION_FOUND"]);
  });

  it("is closed by its scope", async () => {
    const model = await load(file);
    await model[Symbol.asyncDispose]();
    expect(await codesOf(model.run({ image: IMAGE, count: BigInt64Array.of(1n) }))).toEqual(["MODEL_CLOSED"]);
  });
});

describe("inputs that do not fit", () => {
  it("are told all at once", async () => {
    const model = await load(file);
    const wrong = model.run({ image: Float64Array.of(1, 2, 3, 4), other: Float32Array.of(1) });
    expect(await codesOf(wrong)).toEqual(["INPUT_SURPLUS", "INPUT_ARRAY_KIND", "INPUT_ABSENT"]);
    const count = BigInt64Array.of(0n);
    for (const [image, text] of [
      [Float32Array.of(1, 2, 3), /3 elements are no multiple of 4/],
      [{ data: IMAGE, shape: [4, 2] }, /its shape is \(4, 2\); the shape is to be \(-1, 2, 2\)/],
      [{ data: IMAGE, shape: [1, 2, 2] }, /\(1, 2, 2\) has not 8 elements/],
      [new Uint8Array(16), /a Uint8Array is given; it is float32, which takes: Float32Array/],
      [["a"], /an array of string is given/],
    ] as const) {
      const inputs = { image: Array.isArray(image) ? [...image] : image, count };
      await expect(model.run(inputs as Parameters<typeof model.run>[0])).rejects.toThrow(text);
    }
    await model.close();
  });

  it("want a shape where several sizes are free", async () => {
    const free = path.join(folder, "free.onnx");
    const port = { name: "x", dtype: "string", shape: ["a", "b"] } as const;
    fs.writeFileSync(
      free,
      onnxModel({
        inputs: [port],
        outputs: [{ ...port, name: "y" }],
        nodes: [{ opType: "Identity", input: ["x"], output: ["y"] }],
      }),
    );
    const model = await load(free);
    await expect(model.run({ x: ["a", "b"] })).rejects.toThrow(/2 sizes are free: give \{ data, shape \}/);
    const { y } = await model.run({ x: { data: ["ä", "b\0"], shape: [1, 2] } });
    expect(y).toEqual({ dtype: "string", shape: [1, 2], data: ["ä", "b\0"] });
    await model.close();
  });
});
