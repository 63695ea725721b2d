import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { PredictionLogSchema } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { encodeRecord } from "../../bytes/tf-record.ts";
import type { TensorValue } from "../../engine/engine.ts";
import { madeUpInputs } from "../../engine/made-up-inputs.ts";
import { EXAMPLE_MODEL } from "../testing/example-model.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { type FakeOptions, halfPlusTwo, signature, spec } from "../testing/half-plus-two.ts";
import { MemoryFiles } from "../testing/memory-files.ts";
import { warmUp } from "./warm-up.ts";

const PLACE = { model: "m", version: 1n, path: "/m/1" };
const FILE = "/m/1/assets.extra/tf_serving_warmup_requests";

type Log = MessageInitShape<typeof PredictionLogSchema>["logType"];

const record = (logType?: Log): Uint8Array =>
  encodeRecord(toBinary(PredictionLogSchema, create(PredictionLogSchema, logType ? { logType } : {})));

const x = { dtype: 1, tensorShape: { dim: [{ size: 1n }, { size: 1n }] }, floatVal: [3] };
const PREDICT = record({
  case: "predictLog",
  value: { request: { modelSpec: { name: "another", signatureName: "with_version" }, inputs: { x } } },
});

async function run(file: Uint8Array | undefined, engine: FakeOptions = {}, iterations = 1, synthetic = true) {
  const clock = new FakeClock();
  const fileSystem = new MemoryFiles(clock);
  if (file) fileSystem.write(FILE, file);
  const lines: string[] = [];
  let runs = 0;
  const log = (_level: string, message: string): unknown => lines.push(message);
  const loaded = await halfPlusTwo({ ...engine, onRun: () => void runs++ }).load(PLACE.path);
  const prepare = warmUp({ fileSystem, clock, log, iterations, synthetic });
  const failure = await prepare(loaded, PLACE).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { runs, lines, failure };
}

describe("a warm-up file", () => {
  it("is replayed on the version it lies in, as often as asked", async () => {
    const { runs, lines, failure } = await run(Buffer.concat([PREDICT, PREDICT]), {}, 3);
    expect([failure, runs]).toEqual([undefined, 6]);
    expect(lines).toEqual([
      `Finished reading warmup data for model at ${FILE}. Number of warmup records read: 2. Elapsed time (microseconds): 0.`,
    ]);
  });

  it("may hold requests of every kind, and records without one", async () => {
    const features = { feature: { x: { kind: { case: "floatList" as const, value: { value: [1] } } } } };
    const input = { kind: { case: "exampleList" as const, value: { examples: [{ features }] } } };
    const spec = (signatureName: string) => ({ name: "m", signatureName });
    const tasks = [
      { modelSpec: spec("regress_x_to_y"), methodName: "tensorflow/serving/regress" },
      { modelSpec: spec("classify_x_to_y"), methodName: "tensorflow/serving/classify" },
    ];
    const file = Buffer.concat([
      record({ case: "classifyLog", value: { request: { modelSpec: spec("classify_x_to_y"), input } } }),
      record({ case: "regressLog", value: { request: { modelSpec: spec("regress_x_to_y"), input } } }),
      record({ case: "multiInferenceLog", value: { request: { tasks, input } } }),
      record(),
    ]);
    expect(await run(file, EXAMPLE_MODEL)).toMatchObject({ failure: undefined, runs: 4 });
  });

  it.each([
    [
      "no TFRecord",
      Buffer.from("not a record file"),
      `${FILE}: corrupted record at 0. Please verify your warmup data is in TFRecord format.`,
    ],
    [
      "cut off",
      PREDICT.slice(0, 30),
      `${FILE}: truncated record at 0. Please verify your warmup data is in TFRecord format.`,
    ],
    [
      "no log",
      encodeRecord(Uint8Array.of(0x0a, 0x7f)),
      `Failed to parse warmup record: \n\u007f from ${FILE}`,
    ],
    ["a session's", record({ case: "sessionRunLog", value: {} }), "Unsupported log_type for warmup: 5"],
    ["a stream's", record({ case: "predictStreamedLog", value: {} }), "Unsupported log_type for warmup: 7"],
    [
      "of another signature",
      record({ case: "predictLog", value: { request: { modelSpec: { signatureName: "s" } } } }),
      'Serving signature key "s" not found.',
    ],
    [
      "too long",
      Buffer.concat(Array.from({ length: 1001 }, () => record())),
      `Number of warmup records exceeds the maximum (1000) at ${FILE}`,
    ],
  ])("fails the load if it is %s", async (_, file, message) => {
    expect((await run(file)).failure).toBe(message);
  });

  it("that is empty is fine", async () => {
    expect(await run(new Uint8Array(0))).toMatchObject({ failure: undefined, runs: 0 });
  });
});

describe("without a file", () => {
  it("each signature gets a made-up request, if that is wanted", async () => {
    expect(await run(undefined)).toMatchObject({
      runs: 2,
      failure: undefined,
      lines: [`No warmup data file found at ${FILE}`],
    });
    expect(await run(undefined, {}, 1, false)).toMatchObject({ runs: 0, failure: undefined });
    expect(await run(undefined, { keepsState: true })).toMatchObject({ runs: 0, failure: undefined });
  });

  it("made-up requests have ones, and 1 for every free size", () => {
    const inputs = madeUpInputs(
      signature("s", [spec("a", "float32", [-1, 2]), spec("b", "int64", []), spec("c", "string", [-1])], []),
    );
    const values = (key: string): TensorValue | undefined => inputs?.get(key);
    expect(values("a")).toEqual({
      dtype: "float32",
      shape: [1, 2],
      data: new Uint8Array(Float32Array.of(1, 1).buffer),
    });
    expect(values("b")).toEqual({
      dtype: "int64",
      shape: [],
      data: new Uint8Array(BigInt64Array.of(1n).buffer),
    });
    expect(values("c")?.strings).toEqual([new Uint8Array(0)]);
    expect(madeUpInputs(signature("s", [], []))).toBeUndefined();
    expect(madeUpInputs(signature("s", [spec("a", "float32", undefined)], []))).toBeUndefined();
    expect(madeUpInputs(signature("s", [spec("a", "float32", [2 ** 20, 2 ** 20])], []))).toBeUndefined();
  });
});
