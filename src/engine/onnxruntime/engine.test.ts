import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FerryError } from "../../core/errors.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { LoadedModel, TensorValue } from "../engine.ts";
import {
  convolutions,
  identityModel,
  intAttribute,
  type ModelInit,
  onnxModel,
  signatureOf,
  weight,
} from "../testing/onnx-model.ts";
import { onnxRuntimeEngine } from "./engine.ts";
import { evaluateModel } from "./evaluate-model.ts";

const engine = onnxRuntimeEngine();
let folder = "";
let files = 0;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "torchferry-engine-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

function write(init: ModelInit): string {
  files += 1;
  const file = path.join(folder, `model${files}.onnx`);
  fs.writeFileSync(file, onnxModel(init));
  return file;
}

const open = (init: ModelInit): Promise<LoadedModel> => engine.loadOnnx(write(init), [signatureOf(init)]);

function float32(shape: readonly number[], values: Iterable<number>): TensorValue {
  return { dtype: "float32", shape, data: new Uint8Array(Float32Array.from(values).buffer) };
}

const floats = (value: TensorValue | undefined): number[] => [
  ...new Float32Array((value?.data.slice() ?? new Uint8Array()).buffer),
];

async function problemOf(work: Promise<unknown>): Promise<FerryError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof FerryError) return error;
  throw new Error(`expected a FerryError, got ${String(error)}`);
}

describe("element types", () => {
  const cases: readonly (readonly [DType, number])[] = [
    ["float32", 4],
    ["float64", 8],
    ["float16", 2],
    ["bfloat16", 2],
    ["int8", 1],
    ["int16", 2],
    ["int32", 4],
    ["int64", 8],
    ["uint8", 1],
    ["uint16", 2],
    ["uint32", 4],
    ["uint64", 8],
    ["bool", 1],
  ];
  for (const [dtype, width] of cases) {
    it(`${dtype} goes through unchanged: matrix, scalar, empty`, async () => {
      const model = await open(identityModel(dtype, ["n", "m"]));
      const scalar = await open(identityModel(dtype, []));
      const bytes = Uint8Array.from({ length: 6 * width }, (_, index) =>
        dtype === "bool" ? index % 2 : (index * 37) % 120,
      );
      const result = await model.run(
        "serving_default",
        new Map([["x", { dtype, shape: [2, 3], data: bytes }]]),
      );
      expect(result.get("y")).toEqual({ dtype, shape: [2, 3], data: bytes });

      const empty = { dtype, shape: [0, 3], data: new Uint8Array(0) };
      const none = await model.run("serving_default", new Map([["x", empty]]));
      expect(none.get("y")).toEqual(empty);

      const one = { dtype, shape: [], data: bytes.slice(0, width) };
      expect((await scalar.run("serving_default", new Map([["x", one]]))).get("y")).toEqual(one);
      await Promise.all([model.close(), scalar.close()]);
    });
  }

  it("strings keep NUL, emptiness and any bytes", async () => {
    const model = await open(identityModel("string", ["n"]));
    const strings = ["a\0b", "", "ünïcode", "\0", "plain"].map((text) => new TextEncoder().encode(text));
    strings.push(Uint8Array.of(0xff, 0, 0xfe));
    const value: TensorValue = { dtype: "string", shape: [6], data: new Uint8Array(0), strings };
    const result = await model.run("serving_default", new Map([["x", value]]));
    expect(result.get("y")?.shape).toEqual([6]);
    expect(result.get("y")?.strings?.map((text) => [...text])).toEqual(strings.map((text) => [...text]));
    const many = Array.from({ length: 3000 }, (_, index) => new TextEncoder().encode(`${index}\0${index}`));
    const all = await model.run(
      "serving_default",
      new Map([["x", { ...value, shape: [3000], strings: many }]]),
    );
    expect(Buffer.concat(all.get("y")?.strings ?? [])).toEqual(Buffer.concat(many));
    const none = { ...value, shape: [0], strings: [] };
    expect((await model.run("serving_default", new Map([["x", none]]))).get("y")?.strings).toEqual([]);
    await model.close();
  });

  it("bytes at an odd offset, small and large, are read right", async () => {
    const model = await open(identityModel("float32", ["n"]));
    for (const count of [5, 100_000]) {
      const values = Float32Array.from({ length: count }, (_, index) => index / 3);
      const shifted = new Uint8Array(count * 4 + 1);
      shifted.set(new Uint8Array(values.buffer), 1);
      const value: TensorValue = { dtype: "float32", shape: [count], data: shifted.subarray(1) };
      const result = await model.run("serving_default", new Map([["x", value]]));
      expect(Buffer.compare(result.get("y")?.data ?? Buffer.alloc(0), Buffer.from(values.buffer))).toBe(0);
    }
    await model.close();
  });
});

describe("outputs", () => {
  const init: ModelInit = {
    inputs: [
      { name: "a", dtype: "float32", shape: ["n"] },
      { name: "b", dtype: "float32", shape: ["n"] },
    ],
    outputs: [
      { name: "sum", dtype: "float32", shape: ["n"] },
      { name: "where", dtype: "int64", shape: [1, "k"] },
    ],
    nodes: [
      { opType: "Add", input: ["a", "b"], output: ["sum"] },
      { opType: "NonZero", input: ["sum"], output: ["where"] },
    ],
  };

  it("come all by default, the named ones otherwise, with sizes that only running tells", async () => {
    const model = await open(init);
    const inputs = new Map([
      ["b", float32([3], [1, 2, -1])],
      ["a", float32([3], [10, -2, 3])],
    ]);
    const all = await model.run("serving_default", inputs);
    expect([...all.keys()]).toEqual(["sum", "where"]);
    expect(floats(all.get("sum"))).toEqual([11, 0, 2]);
    expect(all.get("where")?.shape).toEqual([1, 2]);
    expect([...new BigInt64Array(all.get("where")?.data.slice().buffer ?? new ArrayBuffer(0))]).toEqual([
      0n,
      2n,
    ]);
    expect([...(await model.run("serving_default", inputs, ["where"])).keys()]).toEqual(["where"]);
    await model.close();
  });
});

describe("runs at once", () => {
  it("each get their own rows back", async () => {
    const model = await open({
      inputs: [{ name: "x", dtype: "float32", shape: ["n", 64] }],
      outputs: [{ name: "y", dtype: "float32", shape: ["n", 64] }],
      nodes: [
        { opType: "Mul", input: ["x", "two"], output: ["d"] },
        { opType: "Add", input: ["d", "x"], output: ["y"] },
      ],
      weights: [{ name: "two", dataType: 1, dims: [], floatData: [2] }],
    });
    const calls = Array.from({ length: 60 }, async (_, mark) => {
      const rows = 1 + ((mark * 31) % 700); // small and large answers in turn
      const result = await model.run(
        "serving_default",
        new Map([["x", float32([rows, 64], new Float32Array(rows * 64).fill(mark))]]),
      );
      const y = floats(result.get("y"));
      expect(y.length).toBe(rows * 64);
      expect(y.every((value) => value === 3 * mark)).toBe(true);
    });
    await Promise.all(calls);
    await model.close();
  });

  it("leave the event loop to others", async () => {
    const model = await open(convolutions(8));
    const x = float32([4, 64, 56, 56], new Float32Array(4 * 64 * 56 * 56).fill(0.5));
    await model.run("serving_default", new Map([["x", x]]));
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    const begin = performance.now();
    await model.run("serving_default", new Map([["x", x]]));
    const milliseconds = performance.now() - begin;
    clearInterval(timer);
    expect(milliseconds).toBeGreaterThan(10);
    expect(ticks).toBeGreaterThan(milliseconds / 10);
    await model.close();
  });

  it("that are cheap do not take the loop over, however many there are, and are right", async () => {
    const model = await open(identityModel("float32", ["n"]));
    const count = 20_000;
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    const begin = performance.now();
    const lane = async (): Promise<void> => {
      for (let index = 0; index < count / 4; index += 1) {
        const result = await model.run("serving_default", new Map([["x", float32([2], [index, -index])]]));
        expect(floats(result.get("y"))).toEqual([index, -index]);
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan((performance.now() - begin) / 20);
    await model.close();
  });

  it("may have threads of the session's own", async () => {
    const init = convolutions(2);
    const x = float32([1, 64, 8, 8], new Float32Array(64 * 64).fill(1));
    const shared = await engine.loadOnnx(write(init), [signatureOf(init)]);
    const own = await engine.loadOnnx(write(init), [signatureOf(init)], { intraOpThreads: 1 });
    const inputs = new Map([["x", x]]);
    const [a, b] = await Promise.all([
      shared.run("serving_default", inputs),
      own.run("serving_default", inputs),
    ]);
    expect(floats(a.get("y"))).toEqual(floats(b.get("y")));
    await Promise.all([shared.close(), own.close()]);
  });

  it("closing waits for them and refuses new ones", async () => {
    const model = await open(convolutions(4));
    const x = float32([2, 64, 56, 56], new Float32Array(2 * 64 * 56 * 56).fill(0.5));
    const runs = Array.from({ length: 6 }, () => model.run("serving_default", new Map([["x", x]])));
    const closed = model.close();
    expect((await problemOf(model.run("serving_default", new Map([["x", x]])))).code).toBe("MODEL_CLOSED");
    await closed;
    for (const result of await Promise.all(runs)) expect(result.get("y")?.shape).toEqual([2, 64, 1, 1]);
    await model.close();
  });

  it("stop when their signal says so: running, waiting, or not yet begun", async () => {
    const model = await open(convolutions(60));
    const x = float32([4, 64, 112, 112], new Float32Array(4 * 64 * 112 * 112).fill(0.5));
    const abort = new AbortController();
    const begin = performance.now();
    const runs = Array.from({ length: 4 }, () =>
      problemOf(model.run("serving_default", new Map([["x", x]]), [], { signal: abort.signal })),
    );
    setTimeout(() => abort.abort(new Error("enough")), 20);
    for (const error of await Promise.all(runs)) expect(error.code).toBe("RUN_STOPPED");
    const late = await problemOf(
      model.run("serving_default", new Map([["x", x]]), [], { signal: abort.signal }),
    );
    expect(late.code).toBe("RUN_STOPPED");
    expect(late.problems[0].cause).toEqual(new Error("enough"));
    await model.close(); // waits for the runs in C, which have been told to stop
    expect(performance.now() - begin).toBeLessThan(5_000);
  });
});

describe("errors", () => {
  const init: ModelInit = {
    inputs: [{ name: "x", dtype: "float32", shape: ["n", 16] }],
    outputs: [{ name: "y", dtype: "float32", shape: ["n", 4] }],
    nodes: [{ opType: "MatMul", input: ["x", "w"], output: ["y"] }],
    weights: [weight("w", [16, 4])],
  };

  it("name what does not fit", async () => {
    const model = await open(init);
    const run = (name: string, value: TensorValue, outputs: string[] = []): Promise<FerryError> =>
      problemOf(model.run("serving_default", new Map([[name, value]]), outputs));
    const good = float32([1, 16], new Float32Array(16));
    for (const [error, text] of [
      [await run("x", float32([1, 5], new Float32Array(5))), /Expected: 16/],
      [await run("x", { dtype: "float64", shape: [1, 16], data: new Uint8Array(128) }), /double.*float/],
      [await run("z", good), /z/],
      [await run("x", { ...good, shape: [2, 16] }), /'x' has 64 bytes, float32\[2,16\] wants 128/],
      [await run("x", { ...good, shape: [-1, 16] }), /'x' has a dimension of size -1/],
      [await run("x", good, ["nothing"]), /nothing/],
    ] as const) {
      expect(error.code).toBe("ENGINE_INPUT_REFUSED");
      expect(error.message).toMatch(text);
    }
    const unknown = await problemOf(model.run("other", new Map([["x", good]])));
    expect(unknown.code).toBe("SIGNATURE_UNKNOWN");
    expect(unknown.message).toContain("serving_default");
    await model.close();
  });

  it("of a kernel are the engine's failure, and the model still runs", async () => {
    const model = await open({
      inputs: [
        { name: "x", dtype: "float32", shape: ["n"] },
        { name: "at", dtype: "int64", shape: [1] },
      ],
      outputs: [{ name: "y", dtype: "float32", shape: [1] }],
      nodes: [{ opType: "Gather", input: ["x", "at"], output: ["y"], attribute: [intAttribute("axis", 0)] }],
    });
    const at = (index: bigint): Map<string, TensorValue> =>
      new Map<string, TensorValue>([
        ["x", float32([3], [5, 6, 7])],
        ["at", { dtype: "int64", shape: [1], data: new Uint8Array(BigInt64Array.of(index).buffer) }],
      ]);
    const error = await problemOf(model.run("serving_default", at(9n)));
    expect(error.message).toMatch(/indices element out of data bounds/);
    expect(floats((await model.run("serving_default", at(2n))).get("y"))).toEqual([7]);
    await model.close();
  });

  it("of loading say which file and why", async () => {
    const broken = path.join(folder, "broken.onnx");
    fs.writeFileSync(broken, "no model");
    const error = await problemOf(engine.loadOnnx(broken, [signatureOf(init)]));
    expect(error.code).toBe("ENGINE_LOAD_FAILED");
    expect(error.message).toContain(broken);
    const missing = await problemOf(engine.loadOnnx(path.join(folder, "none.onnx"), [signatureOf(init)]));
    expect(missing.code).toBe("ENGINE_LOAD_FAILED");
    expect((await problemOf(engine.load(folder))).code).toBe("FILE_NOT_FOUND");
  });
});

describe("evaluateModel", () => {
  it("runs a model without inputs once", () => {
    const init: ModelInit = {
      inputs: [],
      outputs: [
        { name: "y", dtype: "float32", shape: [2] },
        { name: "z", dtype: "float32", shape: [2] },
      ],
      nodes: [
        { opType: "Exp", input: ["w"], output: ["y"] },
        { opType: "Neg", input: ["y"], output: ["z"] },
      ],
      weights: [{ name: "w", dataType: 1, dims: [2n], floatData: [0, 1] }],
    };
    const [y, z] = evaluateModel(onnxModel(init), ["y", "z"]);
    expect(floats(y)[0]).toBe(1);
    expect(floats(y)[1]).toBeCloseTo(Math.E, 6);
    expect(floats(z)[0]).toBe(-1);
    expect(() => evaluateModel(new Uint8Array(9).fill(255), ["y"])).toThrow(/protobuf|parse/i);
  });
});

describe("memory", () => {
  it("comes back when models are closed", async () => {
    const init = convolutions(2, 256); // 5 MB of weights
    const file = write(init);
    const x = float32([1, 256, 28, 28], new Float32Array(256 * 28 * 28));
    const cycle = async (): Promise<void> => {
      const model = await engine.loadOnnx(file, [signatureOf(init)]);
      await model.run("serving_default", new Map([["x", x]]));
      await model.close();
    };
    for (let count = 0; count < 5; count += 1) await cycle();
    const before = process.memoryUsage().rss;
    for (let count = 0; count < 50; count += 1) await cycle();
    expect(process.memoryUsage().rss - before).toBeLessThan(50e6); // a leak of the weights alone were 250 MB
  });
});
