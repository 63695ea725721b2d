import { describe, expect, it } from "vitest";
import {
  BatchingParametersSchema,
  ModelServerConfigSchema,
  MonitoringConfigSchema,
  SSLConfigSchema,
} from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { readTextMessage } from "../../bytes/protobuf/text-form.ts";
import { Problem } from "../../core/errors.ts";
import { batchingOptions, DEFAULT_BATCHING } from "./batching-parameters.ts";
import { modelConfigurations } from "./model-configuration.ts";
import { monitoringOptions } from "./monitoring.ts";
import { readTextConfig } from "./read-text-config.ts";
import { tlsOptions } from "./tls.ts";

const models = (text: string) => modelConfigurations(readTextMessage(ModelServerConfigSchema, text));
const list = (...configs: string[]): string =>
  `model_config_list { ${configs.map((one) => `config { ${one} }`).join(" ")} }`;
const model = (more: string, path = "/m"): string =>
  `name: "m" base_path: "${path}" model_platform: "tensorflow" ${more}`;
const messages = (text: string): readonly string[] | undefined =>
  models(text)?.map((one) => (one instanceof Problem ? one.message : "a model"));

describe("a configuration of models", () => {
  it("has names, paths, policies and labels", () => {
    const text = list(
      model(
        'model_version_policy { specific { versions: [2, 3] } } version_labels { key: "a" value: 2 }',
        "/m/",
      ),
    );
    expect(models(text)).toEqual([
      {
        name: "m",
        basePath: "/m",
        platform: "tensorflow",
        policy: { kind: "specific", versions: [2n, 3n] },
        labels: new Map([["a", 2n]]),
        logging: undefined,
      },
    ]);
  });

  it.each([
    ["", { kind: "latest", count: 1 }],
    ["model_version_policy { latest { } }", { kind: "latest", count: 1 }],
    ["model_version_policy { latest { num_versions: 3 } }", { kind: "latest", count: 3 }],
    ["model_version_policy { all { } }", { kind: "all" }],
    ["model_version_policy { specific { } }", { kind: "specific", versions: [] }],
  ])("reads the policy %j", (policy, wanted) => {
    expect(models(list(model(policy)))).toMatchObject([{ policy: wanted }]);
  });

  it("says nothing if it is empty", () => {
    expect(models("")).toBeUndefined();
    expect(models("model_config_list {}")).toEqual([]);
  });

  it("takes the model's type in place of its platform", () => {
    const text = list('name: "m" base_path: "/m" model_type: TENSORFLOW');
    expect(models(text)).toMatchObject([{ name: "m", platform: "tensorflow" }]);
  });

  it.each([
    [list(model(""), model("")), "Illegal to list model m multiple times in config list"],
    [list(model("", "rel")), "Expected model m to have an absolute path or URI; got base_path()=rel"],
    [list(model("", "")), "Expected model m to have an absolute path or URI; got base_path()="],
    [
      list('name: "m" base_path: "/m"'),
      "Illegal setting neither ModelServerConfig::model_type (deprecated) nor ModelServerConfig::model_platform, model name is m",
    ],
    [
      list(model("model_type: TENSORFLOW")),
      "Illegal setting both ModelServerConfig::model_type (deprecated) and ModelServerConfig::model_platform, model name is m",
    ],
    [
      list('name: "m" base_path: "/m" model_type: OTHER'),
      "ModelServerConfig::model_type choice 2 not supported.",
    ],
    [
      list('name: "m" base_path: "/m" model_platform: "torch"'),
      "Model m requests unsupported platform torch",
    ],
    ["custom_model_config { }", "ModelServer does not yet support custom model config."],
  ])("%s: %s", (text, message) => {
    expect(messages(text)).toEqual([message]);
  });

  it("tells everything that is wrong at once", () => {
    const text = list('name: "a" base_path: "gs://bucket/a"', 'name: "b" base_path: "b" model_platform: "x"');
    expect(messages(text)).toHaveLength(4);
    expect(messages(text)?.[0]).toContain("the base path gs://bucket/a is a URI");
  });

  it("says where its text is wrong", () => {
    const result = readTextConfig(ModelServerConfigSchema, "models.config", "improper model config");
    expect(result).toMatchObject({
      message:
        "Invalid protobuf file: 'models.config': Error parsing text-format tensorflow.serving.ModelServerConfig: 1: unknown field \"improper\" for message tensorflow.serving.ModelServerConfig",
    });
  });
});

describe("batching parameters", () => {
  const options = (text: string) => batchingOptions(readTextMessage(BatchingParametersSchema, text));

  it("have TensorFlow Serving's defaults", () => {
    expect(options("")).toEqual({ ...DEFAULT_BATCHING, threadPoolName: "batch_threads" });
  });

  it("are read out of their wrappers", () => {
    const text = `max_batch_size { value: 128 } batch_timeout_micros { value: 1000 } max_enqueued_batches { value: 4 }
      num_batch_threads { value: 2 } thread_pool_name { value: "p" } allowed_batch_sizes: 32 allowed_batch_sizes: 128
      pad_variable_length_inputs: true enable_large_batch_splitting { value: true } max_execution_batch_size { value: 64 }`;
    expect(options(text)).toEqual({
      maxBatchSize: 128,
      batchTimeoutMicros: 1000,
      maxEnqueuedBatches: 4,
      numBatchThreads: 2,
      threadPoolName: "p",
      allowedBatchSizes: [32, 128],
      padVariableLengthInputs: true,
      enableLargeBatchSplitting: true,
      maxExecutionBatchSize: 64,
    });
  });

  it.each([
    [
      "max_batch_size { value: 8 } allowed_batch_sizes: [2, 4]",
      "Last entry in allowed_batch_sizes must match max_batch_size; last entry was 4; expected 8",
    ],
    [
      "max_batch_size { value: 8 } allowed_batch_sizes: [4, 2, 8]",
      "allowed_batch_sizes entries must be monotonically increasing",
    ],
    ["num_batch_threads { value: 0 }", "num_batch_threads must be positive; was 0"],
    ["max_enqueued_batches { value: 0 }", "max_enqueued_batches must be positive; was 0"],
    ["batch_timeout_micros { value: -1 }", "batch_timeout_micros must be non-negative; was -1"],
    [
      "enable_large_batch_splitting { value: true } max_batch_size { value: 8 } max_execution_batch_size { value: 16 }",
      "When enable_large_batch_splitting is true, input_batch_size_limit must be greater than or equal to max_execution_batch_size. 8 16",
    ],
  ])("%s: %s", (text, message) => {
    expect(options(text)).toMatchObject([{ message }]);
  });
});

describe("other files", () => {
  const monitoring = (text: string) => monitoringOptions(readTextMessage(MonitoringConfigSchema, text));

  it("say where metrics are", () => {
    expect(monitoring("")).toEqual({ prometheusPath: undefined });
    expect(monitoring("prometheus_config { enable: true }")).toEqual({
      prometheusPath: "/monitoring/prometheus/metrics",
    });
    expect(monitoring('prometheus_config: { enable: true, path: "/m" }')).toEqual({ prometheusPath: "/m" });
  });

  it("hold keys and certificates as text", () => {
    const config = readTextMessage(
      SSLConfigSchema,
      'server_key: "k\\n" server_cert: "c" client_verify: true',
    );
    expect(tlsOptions(config, "f")).toEqual({ key: "k\n", cert: "c", ca: undefined, clientVerify: true });
    const half = readTextMessage(SSLConfigSchema, 'server_key: "k"');
    expect(tlsOptions(half, "f")).toMatchObject({
      message: "f: server_key and server_cert are both needed, as PEM text; server_cert is empty",
    });
  });
});
