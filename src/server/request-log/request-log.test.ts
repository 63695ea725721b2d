import { create, fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  LoggingConfigSchema,
  PredictionLogSchema,
} from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { readRecords } from "../../bytes/tf-record.ts";
import { Manager } from "../manager/manager.ts";
import { FakeClock, settle } from "../testing/fake-clock.ts";
import { halfPlusTwo } from "../testing/half-plus-two.ts";
import { MemoryFiles } from "../testing/memory-files.ts";
import { rest } from "../testing/model-server.ts";
import { warmUp } from "../warm-up/warm-up.ts";
import { loggingOf } from "./logging.ts";
import { RequestLog, type RequestLogOptions } from "./request-log.ts";

/** A log into memory, and a manager whose one model is logged there. */
async function start(more: Partial<RequestLogOptions> = {}) {
  const files = new Map<string, Buffer[]>();
  const lines: string[] = [];
  const clock = new FakeClock();
  const log = new RequestLog({
    sink: {
      write: async (prefix, records) => {
        files.set(prefix, [...(files.get(prefix) ?? []), ...records.map((pieces) => Buffer.concat(pieces))]);
      },
      close: async () => undefined,
    },
    clock,
    log: (_, message) => lines.push(message),
    queueBytes: 100_000,
    everyModel: { prefix: "all", samplingRate: 1 },
    ...more,
  });
  const models = new Manager({
    engine: halfPlusTwo(),
    clock,
    log: () => undefined,
    models: ["m"],
    prepare: [log.prepare],
  });
  models.setAspired("m", [{ version: 3n, path: "/m/3" }]);
  await models.available();
  await clock.advance(5000);
  const predict = (body: string) => rest({ models }, { url: "/v1/models/m:predict", body });
  return { log, files, lines, predict, clock };
}

function loggingConfig(filenamePrefix: string, samplingRate: number) {
  const logCollectorConfig = { type: "tfrecord", filenamePrefix };
  return create(LoggingConfigSchema, { logCollectorConfig, samplingConfig: { samplingRate } });
}

async function recordsOf(file: readonly Uint8Array[] | undefined) {
  const bytes = Buffer.concat(file ?? []);
  const records = [];
  const readAt = async (offset: number, length: number) => bytes.subarray(offset, offset + length);
  for await (const record of readRecords(readAt, 1e6)) records.push(fromBinary(PredictionLogSchema, record));
  return records;
}

describe("the request log", () => {
  it("keeps what was asked over REST as a PredictRequest, with the answer and who gave it", async () => {
    const { log, files, predict } = await start();
    await predict('{"signature_name": "with_version", "instances": [[2], [4]]}');
    await log.close();
    const [record, ...others] = await recordsOf(files.get("all"));
    expect(others).toEqual([]);
    const spec = { name: "m", signatureName: "with_version" };
    expect(record?.logMetadata).toMatchObject({
      modelSpec: { ...spec, versionChoice: { case: "version", value: { value: 3n } } },
      samplingConfig: { samplingRate: 1 },
      timestampSecs: 5n,
    });
    const type = record?.logType;
    if (type?.case !== "predictLog") throw new Error(`it is a ${type?.case}`);
    const { value } = type;
    expect(value.request?.modelSpec).toMatchObject({ ...spec, versionChoice: { case: undefined } });
    const x = value.request?.inputs["x"];
    expect(Buffer.from(x?.tensorContent ?? []).toString("hex")).toBe("0000004000008040"); // 2 and 4
    expect(x?.tensorShape?.dim.map((dim) => dim.size)).toEqual([2n, 1n]);
    expect(Object.keys(value.response?.outputs ?? {}).sort()).toEqual(["version", "y"]);
    expect(value.response?.modelSpec).toMatchObject({
      versionChoice: { case: "version", value: { value: 3n } },
    });
  });

  it("leaves out what fails", async () => {
    const { log, files, predict } = await start();
    expect((await predict('{"instances": ["a"]}')).status).toBe(400);
    await log.close();
    expect(files.size).toBe(0);
  });

  it("takes a share by chance, and what a model's own configuration says", async () => {
    const draws = [0.05, 0.5, 0.09, 0.99];
    const { log, files, predict } = await start({ random: () => draws.shift() ?? 1 });
    log.configure([{ name: "m", logging: loggingConfig("own", 0.1) }]);
    for (let at = 0; at < 4; at++) await predict('{"instances": [[1]]}');
    log.configure([{ name: "m", logging: loggingConfig("", 0) }]);
    await predict('{"instances": [[1]]}');
    await log.close();
    expect([...files.keys()]).toEqual(["own"]);
    expect(await recordsOf(files.get("own"))).toHaveLength(2);
  });

  it("drops what does not fit while the disk is slow, and counts it, and never waits", async () => {
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const sink = { write: () => held, close: async () => undefined };
    const { log, lines, predict } = await start({ sink, queueBytes: 2000 });
    for (let at = 0; at < 10; at++) expect((await predict('{"instances": [[1]]}')).status).toBe(200);
    letGo();
    await log.close();
    const { written, dropped } = log.counts;
    expect(written).toBeGreaterThan(0);
    expect(dropped).toBeGreaterThan(0);
    expect(written + dropped).toBe(10);
    expect(lines.filter((line) => line.startsWith("Requests are missing"))).toHaveLength(1);
  });

  it("goes on when a disk that was full has room again", async () => {
    let full = true;
    const sink = {
      write: async () => {
        if (full) throw new Error("ENOSPC: no space left on device");
      },
      close: async () => undefined,
    };
    const { log, lines, predict } = await start({ sink });
    await predict('{"instances": [[1]]}');
    await settle();
    full = false;
    await predict('{"instances": [[1]]}');
    await log.close();
    expect(log.counts).toEqual({ written: 1, dropped: 0, failed: 1 });
    expect(lines[0]).toContain("ENOSPC");
  });

  it("says what is wrong with a model's configuration", () => {
    const codesOf = (config: ReturnType<typeof loggingConfig>): readonly string[] => {
      const found = loggingOf("m", config);
      return "prefix" in found ? [] : found.map((problem) => problem.code);
    };
    expect(codesOf(loggingConfig("/x", 1))).toEqual([]);
    expect(codesOf(loggingConfig("", 0.5))).toEqual(["REQUEST_LOG_PREFIX"]);
    expect(codesOf(loggingConfig("/x", 1.5))).toEqual(["REQUEST_LOG_RATE"]);
    expect(codesOf(create(LoggingConfigSchema, { logCollectorConfig: { type: "other" } }))).toEqual([
      "REQUEST_LOG_TYPE",
    ]);
  });

  it("is a warm-up file as it is", async () => {
    const { log, files, predict } = await start();
    for (const value of [1, 2, 3]) await predict(`{"instances": [[${value}]]}`);
    await log.close();
    const clock = new FakeClock();
    const fileSystem = new MemoryFiles(clock);
    const runs: string[] = [];
    const lines: string[] = [];
    fileSystem.write(
      "/m/9/assets.extra/tf_serving_warmup_requests",
      Uint8Array.from(Buffer.concat(files.get("all") ?? [])),
    );
    const note = (_: string, message: string) => lines.push(message);
    const models = new Manager({
      engine: halfPlusTwo({ onRun: (directory) => void runs.push(directory) }),
      clock,
      log: () => undefined,
      models: ["m"],
      prepare: [warmUp({ fileSystem, clock, log: note, iterations: 1, synthetic: false })],
    });
    models.setAspired("m", [{ version: 9n, path: "/m/9" }]);
    await models.available();
    expect(runs).toEqual(["/m/9", "/m/9", "/m/9"]);
    expect(lines.join()).toContain("Number of warmup records read: 3");
  });
});
