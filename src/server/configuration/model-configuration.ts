// Which models are served, from where, in which versions, and under which labels: ModelServerConfig as data.
// Rules and messages: TensorFlow Serving's server_core.cc. All that is wrong is told at once.
// Not here: carrying it out (configurator.ts).
import type {
  LoggingConfig,
  ModelConfig,
  ModelServerConfig,
} from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { Problem, problem } from "../../core/errors.ts";
import { LATEST_VERSION, type VersionPolicy } from "../source/version-source.ts";

export interface ModelConfiguration {
  readonly name: string;
  /** An absolute path. */
  readonly basePath: string;
  readonly platform: string;
  readonly policy: VersionPolicy;
  /** Versions by label. */
  readonly labels: ReadonlyMap<string, bigint>;
  /** What of the requests is logged; undefined is what the flags say. */
  readonly logging: LoggingConfig | undefined;
}

/** The one platform there is; TensorFlow Serving has a map of them that only its own code can fill. */
const TENSORFLOW = "tensorflow";
const MODEL_TYPE_TENSORFLOW = 1;

/** One model as the flags --model_name and --model_base_path tell it. */
export function singleModel(name: string, basePath: string): ModelConfiguration {
  return {
    name,
    basePath,
    platform: TENSORFLOW,
    policy: LATEST_VERSION,
    labels: new Map(),
    logging: undefined,
  };
}

/** The models of a configuration. undefined for one that says nothing, which changes nothing. */
export function modelConfigurations({
  config,
}: ModelServerConfig): readonly ModelConfiguration[] | readonly Problem[] | undefined {
  if (config.case === undefined) return undefined;
  if (config.case === "customModelConfig") return [problem("CONFIG_CUSTOM", {})];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const models = config.value.config.map((one) => {
    if (seen.has(one.name)) problems.push(problem("CONFIG_MODEL_TWICE", { model: one.name }));
    seen.add(one.name);
    return modelOf(one, problems);
  });
  return problems.length > 0 ? problems : models;
}

/** Whether what `modelConfigurations` gave are models. */
export function areModels(
  result: readonly ModelConfiguration[] | readonly Problem[],
): result is readonly ModelConfiguration[] {
  return !(result[0] instanceof Problem);
}

function modelOf(config: ModelConfig, problems: Problem[]): ModelConfiguration {
  const { name, basePath } = config;
  if (/^[a-z][a-z0-9.]*:\/\//i.test(basePath)) {
    problems.push(problem("CONFIG_REMOTE_PATH", { model: name, path: basePath }));
  } else if (!basePath.startsWith("/")) {
    problems.push(problem("CONFIG_RELATIVE_PATH", { model: name, path: basePath }));
  }
  const platform = platformOf(config, problems);
  return {
    name,
    basePath: basePath.length > 1 ? basePath.replace(/\/+$/, "") : basePath,
    platform,
    policy: policyOf(config),
    labels: new Map(Object.entries(config.versionLabels)),
    logging: config.loggingConfig,
  };
}

function platformOf({ name, modelType, modelPlatform }: ModelConfig, problems: Problem[]): string {
  if (modelType !== 0 && modelPlatform !== "")
    problems.push(problem("CONFIG_TWO_PLATFORMS", { model: name }));
  else if (modelType !== 0 && modelType !== MODEL_TYPE_TENSORFLOW) {
    problems.push(problem("CONFIG_MODEL_TYPE", { type: modelType }));
  } else if (modelType === 0 && modelPlatform === "") {
    problems.push(problem("CONFIG_NO_PLATFORM", { model: name }));
  } else if (modelPlatform !== "" && modelPlatform !== TENSORFLOW) {
    problems.push(problem("CONFIG_UNKNOWN_PLATFORM", { model: name, platform: modelPlatform }));
  }
  return modelPlatform || TENSORFLOW;
}

function policyOf({ modelVersionPolicy }: ModelConfig): VersionPolicy {
  const choice = modelVersionPolicy?.policyChoice;
  switch (choice?.case) {
    case "latest":
      return { kind: "latest", count: choice.value.numVersions || 1 };
    case "all":
      return { kind: "all" };
    case "specific":
      return { kind: "specific", versions: choice.value.versions };
    default:
      return LATEST_VERSION;
  }
}
