import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PredictionLogSchema } from "../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { encodeRecord } from "../bytes/tf-record.ts";
import type { TensorValue } from "../engine/engine.ts";
import { type RunningServer, startServer } from "../server/node/start-server.ts";
import { encodePredictionLog } from "../server/request-log/prediction-log.ts";
import { EXAMPLE_MODEL, floatTensor, stringTensor } from "../server/testing/example-model.ts";
import { type FakeOptions, halfPlusTwo, signature, spec } from "../server/testing/half-plus-two.ts";
import { minimalSavedModel } from "../server/testing/memory-files.ts";
import { openTarget } from "./open-target.ts";
import { readRequests } from "./read-requests.ts";
import { type ReplayOptions, type ReplayReport, replay } from "./replay.ts";

const cleanups: (() => unknown)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A model of several dtypes: everything that comes is answered, doubled where it is a float. */
const ECHO: FakeOptions = {
  signatures: [
    signature(
      "serving_default",
      [spec("f", "float32", undefined), spec("n", "int64", undefined), spec("s", "string", undefined)],
      [
        spec("f", "float32", undefined),
        spec("n", "int64", undefined),
        spec("s_bytes", "string", undefined),
        spec("b", "bool", undefined),
      ],
    ),
  ],
  answer: (_, inputs) => echoed(inputs),
};

function echoed(inputs: ReadonlyMap<string, TensorValue>): Map<string, TensorValue> {
  const [f, n, s] = ["f", "n", "s"].map((name) => inputs.get(name));
  if (!f || !n || !s) throw new Error("an input is missing");
  const doubled = new Float32Array(f.data.slice().buffer).map((value) => value * 2);
  return new Map<string, TensorValue>([
    ["f", { ...f, data: new Uint8Array(doubled.buffer) }],
    ["n", n],
    ["s_bytes", s],
    ["b", { dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) }],
  ]);
}

async function serve(engine: FakeOptions): Promise<RunningServer> {
  const base = mkdtempSync(join(tmpdir(), "torchferry-replay-"));
  cleanups.push(() => rmSync(base, { recursive: true }));
  mkdirSync(join(base, "1"));
  writeFileSync(join(base, "1", "saved_model.pb"), minimalSavedModel());
  const server = await startServer({
    models: [{ name: "m", basePath: base }],
    port: 0,
    restApiPort: 0,
    host: "127.0.0.1",
    engine: halfPlusTwo(engine),
    log: () => undefined,
    drainMs: 500,
  });
  cleanups.push(() => server.drain());
  await server.available;
  return server;
}

let same: RunningServer;
let again: RunningServer;
let other: RunningServer;
let examples: RunningServer;

beforeAll(async () => {
  const changed: FakeOptions = {
    ...ECHO,
    answer: (_, inputs) => new Map([...echoed(inputs), ["f", floatTensor([2, 1], [0, 9])]]),
  };
  [same, again, other, examples] = await Promise.all([
    serve(ECHO),
    serve(ECHO),
    serve(changed),
    serve(EXAMPLE_MODEL),
  ]);
});

const grpc = (server: RunningServer): string => `127.0.0.1:${server.grpcPort}`;
const rest = (server: RunningServer): string => `http://127.0.0.1:${server.restPort}`;

const INPUTS = new Map<string, TensorValue>([
  ["f", floatTensor([2, 1], [1.1, Number.NaN])],
  ["n", { dtype: "int64", shape: [1], data: new Uint8Array(BigInt64Array.of(2n ** 60n + 1n).buffer) }],
  ["s", stringTensor([2], ["grün", "\u0000\ud83d\ude00"])],
]);

/** A record as the server writes it, with the answer that the model gives. */
function record(inputs = INPUTS, signatureName = "serving_default", outputs = echoed(inputs)): Uint8Array {
  const work = encodePredictionLog({
    model: "m",
    version: 1n,
    signature: signatureName,
    inputs,
    outputFilter: [],
    outputs,
    samplingRate: 1,
    seconds: 0,
  });
  let step = work.next();
  while (!step.done) step = work.next();
  return encodeRecord(Buffer.concat(step.value));
}

function send(
  log: Uint8Array,
  addresses: readonly string[],
  more: Partial<ReplayOptions> = {},
): Promise<ReplayReport> {
  const targets = addresses.map((address) => openTarget(address, 5000));
  cleanups.push(() => Promise.all(targets.map((target) => target.close())));
  return replay({
    requests: readRequests("log", async (offset, length) => log.slice(offset, offset + length)),
    targets,
    concurrency: 2,
    pause: async () => undefined,
    now: () => performance.now(),
    ...more,
  });
}

describe("replay", () => {
  it("finds servers equal that answer the same, whatever they speak", async () => {
    const log = Buffer.concat([record(), record(), record()]);
    for (const pair of [
      [grpc(same), grpc(again)],
      [rest(same), rest(again)],
      [grpc(same), rest(again)],
      [rest(same), grpc(again)],
    ]) {
      const report = await send(log, pair);
      expect(report).toMatchObject({
        requests: 3,
        compared: 3,
        different: 0,
        differences: [],
        largestError: 0,
        reference: pair[0],
      });
      expect(report.targets.map(({ answered, failed }) => [answered, failed])).toEqual([
        [3, 0],
        [3, 0],
      ]);
      expect(report.targets.every(({ latency }) => (latency?.p50 ?? 0) > 0)).toBe(true);
    }
  });

  it("compares one server with what was logged", async () => {
    expect(await send(record(), [grpc(same)])).toMatchObject({
      compared: 1,
      different: 0,
      reference: "the log",
    });
    expect(await send(record(), [rest(other)])).toMatchObject({ compared: 1, different: 1 });
  });

  it("tells which output of which request differs", async () => {
    const { different, differences } = await send(Buffer.concat([record(), record()]), [
      grpc(same),
      grpc(other),
    ]);
    expect(different).toBe(2);
    expect([...differences].sort((a, b) => a.request - b.request)).toEqual([
      { request: 1, reason: "f: 9 instead of NaN at element 1" },
      { request: 2, reason: expect.stringContaining("f: ") },
    ]);
  });

  it("takes two refusals with one meaning as equal, and one refusal as a difference", async () => {
    const wrong = record(new Map([["f", floatTensor([1], [1])]]), "serving_default", new Map());
    expect(await send(wrong, [grpc(same), rest(again)])).toMatchObject({ different: 0 });
    const { differences } = await send(record(), [grpc(same), grpc(examples)]);
    expect(differences[0]?.reason).toMatch(/^INVALID_ARGUMENT .* in place of an answer$/);
  });

  it("sends what is no request, and lets the servers say so", async () => {
    const broken = Buffer.from([50, 5, 10, 3, 18, 99, 1]); // a map's entry that reaches past its end
    const report = await send(encodeRecord(broken), [grpc(same), grpc(again)]);
    expect(report).toMatchObject({ compared: 1, different: 0 });
    expect((await send(encodeRecord(broken), [rest(same)])).targets[0]).toMatchObject({
      answered: 0,
      failed: 1,
    });
  });

  it("tells that nobody is there", async () => {
    const { targets, different } = await send(record(), [grpc(same), "127.0.0.1:9"]);
    expect(targets[1]).toMatchObject({ answered: 0, failed: 1 });
    expect(different).toBe(1);
  });

  it("sends Classify, Regress and MultiInference over gRPC, as warm-up files hold them", async () => {
    const features = { feature: { x: { kind: { case: "floatList" as const, value: { value: [3] } } } } };
    const input = { kind: { case: "exampleList" as const, value: { examples: [{ features }] } } };
    const specOf = (signatureName: string) => ({ name: "m", signatureName });
    const tasks = [
      { modelSpec: specOf("regress_x_to_y"), methodName: "tensorflow/serving/regress" },
      { modelSpec: specOf("classify_x_to_y"), methodName: "tensorflow/serving/classify" },
    ];
    const logs = [
      { case: "classifyLog", value: { request: { modelSpec: specOf("classify_with_labels"), input } } },
      { case: "regressLog", value: { request: { modelSpec: specOf("regress_x_to_y"), input } } },
      { case: "multiInferenceLog", value: { request: { tasks, input } } },
    ] as const;
    const records = logs.map((logType) =>
      encodeRecord(toBinary(PredictionLogSchema, create(PredictionLogSchema, { logType }))),
    );
    const report = await send(Buffer.concat(records), [grpc(examples), grpc(examples)]);
    expect(report).toMatchObject({ requests: 3, compared: 3, different: 0 });
    expect(report.targets.map(({ answered }) => answered)).toEqual([3, 3]);
  });

  it("sends at most so many, at the rate that is wanted", async () => {
    const pauses: number[] = [];
    const log = Buffer.concat(Array.from({ length: 5 }, () => record()));
    const report = await send(log, [grpc(same)], {
      limit: 3,
      rate: 10,
      concurrency: 1,
      now: () => 0,
      pause: async (milliseconds) => void pauses.push(milliseconds),
    });
    expect(report.requests).toBe(3);
    expect(pauses).toEqual([100, 200]);
  });
});

describe("a log", () => {
  const read = async (log: Uint8Array): Promise<number> => {
    let count = 0;
    const readAt = async (offset: number, length: number) => log.slice(offset, offset + length);
    for await (const _ of readRequests("log", readAt)) count++;
    return count;
  };

  it("may end within a record, as one does that is still written", async () => {
    const log = Buffer.concat([record(), record()]);
    expect(await read(log.subarray(0, log.length - 5))).toBe(1);
  });

  it("of anything at all is read or refused, never worse", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }), async (records) => {
        const outcome = await read(Buffer.concat(records.map(encodeRecord))).catch((error: unknown) => error);
        if (typeof outcome !== "number")
          expect(outcome).toMatchObject({ problems: [{ code: "REPLAY_LOG" }] });
      }),
    );
  });

  it("may hold records without a request", async () => {
    expect(await read(Buffer.concat([encodeRecord(new Uint8Array(0)), record()]))).toBe(1);
  });

  it.each([
    ["something else", Buffer.from("this is no log at all")],
    [
      "a damaged record",
      Buffer.concat([record(), record().map((byte, at) => (at === 40 ? byte ^ 1 : byte))]),
    ],
    ["a record that is no message", encodeRecord(Buffer.from([50, 99]))],
  ])("may not be %s", async (_, log) => {
    await expect(read(log)).rejects.toMatchObject({ problems: [{ code: "REPLAY_LOG" }] });
  });
});

describe("an address", () => {
  it.each(["", "localhost", "ftp://a:1", "a:b", "http://", "grpc://a", "a:1/path", "::1:80", "http://a b"])(
    "may not be %j",
    (address) => {
      expect(() => openTarget(address, 1)).toThrow(/is no server's address/);
    },
  );

  it.each(["localhost:8500", "grpc://a:1", "grpcs://a:443", "[::1]:80", "http://a", "https://a:1/"])(
    "may be %j",
    async (address) => {
      await openTarget(address, 1).close();
    },
  );
});
