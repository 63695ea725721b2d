// Models that a configuration names, over a disk in memory: /a with the versions 1 and 2, /b with 1, /c with 7.
import { ModelServerConfigSchema } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { readTextMessage } from "../../bytes/protobuf/text-form.ts";
import { Problem } from "../../core/errors.ts";
import { Configurator, type ConfiguratorOptions } from "../configuration/configurator.ts";
import { type ModelConfiguration, singleModel } from "../configuration/model-configuration.ts";
import { Manager } from "../manager/manager.ts";
import { VersionSource } from "../source/version-source.ts";
import { FakeClock } from "./fake-clock.ts";
import { halfPlusTwo } from "./half-plus-two.ts";
import { MemoryFiles } from "./memory-files.ts";

export interface ConfiguredOptions {
  readonly models?: readonly ModelConfiguration[];
  readonly options?: Partial<ConfiguratorOptions>;
  readonly onLoad?: (directory: string) => void;
}

/** A server's configuration, its source and its manager, once it has started. */
export async function configuredModels({
  models = [singleModel("a", "/a")],
  options = {},
  onLoad,
}: ConfiguredOptions = {}) {
  const clock = new FakeClock();
  const files = new MemoryFiles(clock);
  for (const path of ["/a/1", "/a/2", "/b/1", "/c/7"]) files.writeVersion(path);
  await clock.advance(1000);
  const manager = new Manager({
    engine: halfPlusTwo(onLoad ? { onLoad } : {}),
    clock,
    log: () => undefined,
    models: models.map((model) => model.name),
    retry: { maxLoadRetries: 0, loadRetryIntervalMs: 0 },
  });
  const source = new VersionSource({
    fileSystem: files,
    clock,
    log: () => undefined,
    models,
    pollWaitMs: 0,
    emptyListingUnloads: options.strict,
    aspire: (model, versions) => manager.setAspired(model, versions),
  });
  const configurator = new Configurator({ manager, source, log: () => undefined, models, ...options });
  const wrong = await configurator.start();
  await source.start();
  await manager.settled();
  const reload = async (text: string): Promise<readonly string[]> => {
    const problems = await configurator.reload(readTextMessage(ModelServerConfigSchema, text), 200);
    return problems.map((problem) => problem.message);
  };
  const served = (name: string, label?: string): string => {
    const handle = manager.acquire({ name, label });
    if (handle instanceof Problem) return handle.message;
    handle.release();
    return String(handle.version);
  };
  return {
    manager,
    configurator,
    clock,
    files,
    reload,
    served,
    wrong: wrong.map((problem) => problem.message),
  };
}

/** A ModelServerConfig in text form. */
export const list = (...configs: string[]): string =>
  `model_config_list { ${configs.map((one) => `config { ${one} }`).join(" ")} }`;
/** One of its models, at /NAME. */
export const model = (name: string, more = ""): string =>
  `name: "${name}" base_path: "/${name}" model_platform: "tensorflow" ${more}`;
/** A label, for `more` of a model. */
export const label = (name: string, version: number): string =>
  `version_labels { key: "${name}" value: ${version} }`;
export const all = "model_version_policy { all { } }";
