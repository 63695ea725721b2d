// TensorFlow Serving's model_servers/server_core_test.cc, each case under its own name.
// Not here: PreLoadHook, StoragePathPrefixOption, VersionLabelsNotAllowed, relative paths with a root directory and
// AssignExistingLabelToUnavailableVersionAllowed, which need options that tensorflow_model_server has no flags for;
// MultiplePlatforms, since there is one platform.
import { describe, expect, it } from "vitest";
import { ModelServerConfigSchema } from "../../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { readTextMessage } from "../../../bytes/protobuf/text-form.ts";
import { Problem } from "../../../core/errors.ts";
import {
  type ModelConfiguration,
  modelConfigurations,
  singleModel,
} from "../../configuration/model-configuration.ts";
import { all, configuredModels, label, list, model } from "../../testing/configured-models.ts";
import { settle } from "../../testing/fake-clock.ts";

const strict = { strict: true };
const UNAVAILABLE = "which is not currently available for inference";

/** What a first configuration is refused with. */
const refusals = (text: string): readonly string[] =>
  (modelConfigurations(readTextMessage(ModelServerConfigSchema, text)) ?? []).flatMap(
    (one: ModelConfiguration | Problem) => (one instanceof Problem ? one.message : []),
  );

const at = (path: string): string => `name: "m" base_path: "${path}" model_platform: "tensorflow"`;

describe("server_core_test", () => {
  it("CreateWaitsTillModelsAvailable", async () => {
    const { manager, served } = await configuredModels();
    expect(served("a")).toBe("2");
    expect(manager.versions("a")).toEqual([{ version: 2n, state: "AVAILABLE", problem: undefined }]);
  });

  it("ReloadConfigWaitsTillModelsAvailable", async () => {
    const { reload, served } = await configuredModels({ models: [] });
    expect(await reload(list(model("a")))).toEqual([]);
    expect(served("a")).toBe("2");
  });

  it("ReloadConfigUnloadsModels", async () => {
    const { reload, manager } = await configuredModels();
    expect(await reload("model_config_list { }")).toEqual([]);
    await settle();
    expect(manager.versions("a")?.map((one) => one.state)).toEqual(["END"]);
  });

  it("ReloadConfigHandlesLoadingAPreviouslyUnloadedModel", async () => {
    const { reload, served } = await configuredModels();
    await reload("model_config_list { }");
    await settle();
    expect(await reload(list(model("a")))).toEqual([]);
    expect(served("a")).toBe("2");
  });

  it("ReloadConfigChangeModelBasePath", async () => {
    const { reload, served } = await configuredModels({ models: [singleModel("m", "/b")] });
    expect(served("m")).toBe("1");
    expect(await reload(list(at("/a")))).toEqual([]);
    await settle();
    expect(served("m")).toBe("2");
    expect(await reload(list(at("/b")))).toEqual([]);
    await settle();
    expect(served("m")).toBe("1");
  });

  it("AbsolutePathSucceeds", () => {
    expect(refusals(list(at("/m")))).toEqual([]);
  });

  it("RelativePathFails", () => {
    expect(refusals(list(at("m")))).toEqual([
      "Expected model m to have an absolute path or URI; got base_path()=m",
    ]);
  });

  it("MixedAbsoluteRelativeFails", () => {
    expect(refusals(list(model("a"), at("m")))).toHaveLength(1);
  });

  it("ErroringModel", async () => {
    const onLoad = (): void => {
      throw new Error("injected error");
    };
    const { manager } = await configuredModels({ onLoad });
    await expect(manager.available()).rejects.toMatchObject({
      message: expect.stringContaining("1 servable(s) did not become available"),
    });
    expect(manager.versions("a")).toMatchObject([
      { version: 2n, state: "END", problem: { message: expect.stringContaining("injected error") } },
    ]);
  });

  it("IllegalReconfigurationToCustomConfig", async () => {
    const { reload, served } = await configuredModels();
    expect(await reload("custom_model_config { }")).toEqual([
      "Cannot transition to requested config. It is only legal to transition from one ModelConfigList to another.",
    ]);
    expect(served("a")).toBe("2");
  });

  it("IllegalReconfigurationFromCustomConfig: a server does not even start with one", () => {
    expect(refusals("custom_model_config { }")).toEqual([
      "ModelServer does not yet support custom model config.",
    ]);
  });

  it("IllegalConfigModelTypeAndPlatformSet", () => {
    expect(refusals(list(`${at("/m")} model_type: TENSORFLOW`))).toEqual([
      "Illegal setting both ModelServerConfig::model_type (deprecated) and ModelServerConfig::model_platform, model name is m",
    ]);
  });

  it("DeprecatedModelTypeConfig", async () => {
    const { reload, served } = await configuredModels();
    expect(await reload(list('name: "b" base_path: "/b" model_type: TENSORFLOW'))).toEqual([]);
    expect(served("b")).toBe("1");
  });

  it("DuplicateModelNameInConfig", () => {
    expect(refusals(list(model("a"), model("a")))).toEqual([
      "Illegal to list model a multiple times in config list",
    ]);
  });

  it("UnknownModelPlatform", () => {
    expect(refusals(list('name: "m" base_path: "/m" model_platform: "not_there"'))).toEqual([
      "Model m requests unsupported platform not_there",
    ]);
  });

  it("IllegalToChangeModelPlatform", async () => {
    const models = [{ ...singleModel("a", "/a"), platform: "another" }];
    const { reload } = await configuredModels({ models });
    expect(await reload(list(model("a")))).toEqual([
      "Illegal to change a model's platform. For model a platform was another and new platform requested is tensorflow",
    ]);
  });

  it("RequestLoggingOff: as under --tf_serving_strict", async () => {
    const { reload } = await configuredModels({ options: strict });
    const logging = "logging_config { sampling_config { sampling_rate: 1 } }";
    expect(await reload(list(model("a", logging)))).toEqual(["No request-logger-creator provided."]);
  });

  it("ModelSpecMultipleVersionsAvailable", async () => {
    const { reload, served, manager } = await configuredModels({ options: strict });
    await reload(list(model("a", all)));
    await settle();
    await reload(list(model("a", all + label("A", 1) + label("B", 2))));
    const of = (version: bigint): unknown => {
      const handle = manager.acquire({ name: "a", version });
      return handle instanceof Problem ? handle.code : handle.version;
    };
    expect([served("a"), served("a", "A"), served("a", "B"), of(1n), of(2n)]).toEqual([
      "2",
      "1",
      "2",
      1n,
      2n,
    ]);
    expect(served("a", "nonexistent")).toBe("Unrecognized servable version label: nonexistent");
  });

  it("AssignLabelToUnavailableVersion", async () => {
    const { reload } = await configuredModels({ options: strict });
    const [message] = await reload(list(model("a", all + label("A", 1) + label("B", 9))));
    expect(message).toContain(UNAVAILABLE);
  });

  it("AssignLabelToUnavailableVersionAllowed", async () => {
    const { reload } = await configuredModels({ options: { ...strict, allowLabelsForUnavailable: true } });
    expect(await reload(list(model("a", label("A", 9))))).toEqual([]);
  });

  it("AssignExistingLabelToUnavailableVersionDisallowed", async () => {
    const { reload, served } = await configuredModels({
      options: { ...strict, allowLabelsForUnavailable: true },
    });
    expect(await reload(list(model("a", label("A", 2))))).toEqual([]);
    const [message] = await reload(list(model("a", label("A", 9))));
    expect(message).toContain(UNAVAILABLE);
    expect(served("a", "A")).toBe("2");
  });
});
