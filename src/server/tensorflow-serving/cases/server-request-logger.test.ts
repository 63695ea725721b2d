// TensorFlow Serving's core/server_request_logger_test.cc, core/request_logger_test.cc and saved_model_warmup_util_test.cc,
// those cases under their own names that request-log/request-log.test.ts and warm-up/warm-up.test.ts have not already.
// Not here: streams, several loggers of one model, and sampling by data centre and task, which only their own servers have.
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  LoggingConfigSchema,
  PredictionLogSchema,
} from "../../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { encodeRecord } from "../../../bytes/tf-record.ts";
import { Manager } from "../../manager/manager.ts";
import { RequestLog, type RequestLogOptions } from "../../request-log/request-log.ts";
import { configuredModels, list, model } from "../../testing/configured-models.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { halfPlusTwo } from "../../testing/half-plus-two.ts";
import { MemoryFiles } from "../../testing/memory-files.ts";
import { rest } from "../../testing/model-server.ts";
import { warmUp } from "../../warm-up/warm-up.ts";

/** A log whose records are counted by the prefix of their file, and a call of one of its two models. */
async function setUp(more: Partial<RequestLogOptions> = {}) {
  const written: Record<string, number> = {};
  const clock = new FakeClock();
  const log = new RequestLog({
    sink: {
      write: async (prefix, records) => {
        written[prefix] = (written[prefix] ?? 0) + records.length;
      },
      close: async () => undefined,
    },
    clock,
    log: () => undefined,
    queueBytes: 1_000_000,
    everyModel: undefined,
    ...more,
  });
  const models = new Manager({
    engine: halfPlusTwo(),
    clock,
    log: () => undefined,
    models: ["model0", "model1"],
    prepare: [log.prepare],
  });
  for (const name of models.names) models.setAspired(name, [{ version: 1n, path: "/1" }]);
  await models.available();
  const call = async (name: string): Promise<number> => {
    const body = '{"instances": [[1]]}';
    return (await rest({ models }, { url: `/v1/models/${name}:predict`, body })).status;
  };
  const configure = (configs: Readonly<Record<string, string>>): void =>
    void log.configure(
      Object.entries(configs).map(([name, filenamePrefix]) => ({ name, logging: logging(filenamePrefix) })),
    );
  /** Records by prefix, once all are written. */
  const records = async (): Promise<Readonly<Record<string, number>>> => {
    await log.close();
    return written;
  };
  return { call, configure, records, log };
}

function logging(filenamePrefix: string) {
  const config: MessageInitShape<typeof LoggingConfigSchema> = {
    logCollectorConfig: { filenamePrefix },
    samplingConfig: { samplingRate: 1 },
  };
  return create(LoggingConfigSchema, config);
}

describe("server_request_logger_test", () => {
  it("Empty", async () => {
    const { call, records } = await setUp();
    expect([await call("model0"), await records()]).toEqual([200, {}]);
  });

  it("AbsentModel", async () => {
    const { call, configure, records } = await setUp();
    configure({ model0: "/file/model0" });
    expect([await call("model1"), await call("absent"), await records()]).toEqual([200, 404, {}]);
  });

  it("MultipleModels", async () => {
    const { call, configure, records } = await setUp();
    configure({ model0: "/file/model0", model1: "/file/model1" });
    for (const name of ["model0", "model1", "model1"]) await call(name);
    expect(await records()).toEqual({ "/file/model0": 1, "/file/model1": 2 });
  });

  it("CreateAndDeleteLogger", async () => {
    const { call, configure, records } = await setUp();
    configure({ model0: "/file/model0" });
    await call("model0");
    configure({});
    await call("model0");
    expect(await records()).toEqual({ "/file/model0": 1 });
  });

  it("CreateAndModifyLogger, MultipleUpdatesSingleCreation", async () => {
    const { call, configure, records } = await setUp();
    for (const prefix of ["/file/one", "/file/two", "/file/two"]) {
      configure({ model0: prefix });
      await call("model0");
    }
    expect(await records()).toEqual({ "/file/one": 1, "/file/two": 2 });
  });

  it("SameConfigForTwoModelsCreatesOneLogger", async () => {
    const { call, configure, records } = await setUp();
    configure({ model0: "/file/both", model1: "/file/both" });
    for (const name of ["model0", "model1"]) await call(name);
    expect(await records()).toEqual({ "/file/both": 2 });
  });

  it("PartiallyBadUpdate, CreateUpdateRequestErrors: nothing of a configuration is taken that is wrong in part", async () => {
    const told: number[] = [];
    const { reload } = await configuredModels({
      options: { configured: (models) => told.push(models.length) },
    });
    const log = (prefix: string): string =>
      `logging_config { log_collector_config { filename_prefix: "${prefix}" } sampling_config { sampling_rate: 1 } }`;
    const [message, ...more] = await reload(list(model("a", log("/file/a")), model("b", log(""))));
    expect([message?.includes("b"), more, told]).toEqual([true, [], [1]]);
    expect(await reload(list(model("a", log("/file/a")), model("b", log("/file/b"))))).toEqual([]);
    expect(told).toEqual([1, 2]);
  });
});

describe("request_logger_test", () => {
  it("Simple, FallsBackToTopLevelSamplingRate", async () => {
    const { call, records } = await setUp({ everyModel: { prefix: "/all", samplingRate: 1 } });
    for (const name of ["model0", "model1"]) await call(name);
    expect(await records()).toEqual({ "/all": 2 });
  });

  it("ErroringCollectMessage: the request is answered all the same, and the loss is counted", async () => {
    const sink = { write: () => Promise.reject(new Error("Error")), close: async () => undefined };
    const { call, log } = await setUp({ sink, everyModel: { prefix: "/all", samplingRate: 1 } });
    expect(await call("model0")).toBe(200);
    await log.close();
    expect(log.counts).toEqual({ written: 0, dropped: 0, failed: 1 });
  });
});

describe("saved_model_warmup_util_test", () => {
  it("RunFailure", async () => {
    const clock = new FakeClock();
    const fileSystem = new MemoryFiles(clock);
    const x = { dtype: 1, tensorShape: { dim: [{ size: 1n }, { size: 1n }] }, floatVal: [3] };
    const value = { request: { modelSpec: { name: "m" }, inputs: { x } } };
    const record = create(PredictionLogSchema, { logType: { case: "predictLog", value } });
    const file = "/m/1/assets.extra/tf_serving_warmup_requests";
    fileSystem.write(file, encodeRecord(toBinary(PredictionLogSchema, record)));
    const onRun = (): void => {
      throw new Error("Run failed");
    };
    const loaded = await halfPlusTwo({ onRun }).load("/m/1");
    const step = warmUp({ fileSystem, clock, log: () => undefined, iterations: 1, synthetic: true });
    await expect(step(loaded, { model: "m", version: 1n, path: "/m/1" })).rejects.toThrow("Run failed");
  });
});
