// Carries out a configuration: first the one the server starts with, then each that replaces it.
// Rules, order of checks and messages: TensorFlow Serving's server_core.cc (ReloadConfig).
// Kinder than that on purpose: what is refused changes nothing; a label may be given to a version that is about to be
// loaded; a reload looks for versions at once and waits for a bounded time, and no longer for a model that has none.
// Invariant: one configuration at a time, in the order they came.
import type { ModelServerConfig } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { Problem, problem } from "../../core/errors.ts";
import type { Log } from "../log.ts";
import { type FailedVersion, failureList } from "../manager/failed-versions.ts";
import type { Manager } from "../manager/manager.ts";
import { loggingOf } from "../request-log/logging.ts";
import { type Look, SETTLE_MS, type VersionSource } from "../source/version-source.ts";
import { areModels, type ModelConfiguration, modelConfigurations } from "./model-configuration.ts";

export interface ConfiguratorOptions {
  readonly manager: Manager;
  readonly source: VersionSource;
  readonly log: Log;
  /** The models that the manager and the source were made with. */
  readonly models: readonly ModelConfiguration[];
  /** --allow_version_labels_for_unavailable_models: a label that is new may mean a version that is not there. */
  readonly allowLabelsForUnavailable?: boolean | undefined;
  /** Told of the models of each configuration that is carried out. */
  readonly configured?: ((models: readonly ModelConfiguration[]) => void) | undefined;
  /** Whether labels and logging are refused where TensorFlow Serving refuses them. */
  readonly strict?: boolean | undefined;
}

/** Milliseconds that a reload waits for new models; loading one of some gigabytes from a slow disk takes minutes. */
export const MAX_RELOAD_WAIT_MS = 300_000;

export class Configurator {
  readonly #options: ConfiguratorOptions;
  #models: readonly ModelConfiguration[];
  readonly #unloaded = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ConfiguratorOptions) {
    this.#options = options;
    this.#models = options.models;
  }

  /** Gives the first configuration's labels. What is wrong comes back under --tf_serving_strict only. */
  async start(): Promise<readonly Problem[]> {
    const problems = await this.#whatIsWrong(this.#models, true);
    if (problems.length > 0) return problems;
    this.#options.configured?.(this.#models);
    this.#setLabels(this.#models);
    return [];
  }

  /**
   * Replaces the whole configuration and waits until each new model is available or has failed, at most so many
   * milliseconds. What went wrong comes back. Models that failed stay configured and may heal.
   */
  reload(config: ModelServerConfig, waitMs = MAX_RELOAD_WAIT_MS): Promise<readonly Problem[]> {
    return this.#inTurn(() => this.#reload(config, waitMs));
  }

  /** What each label of a model was given for. */
  labels(name: string): ReadonlyMap<string, bigint> | Problem {
    const model = this.#models.find((one) => one.name === name);
    return model ? model.labels : problem("MODEL_NOT_FOUND", { request: name });
  }

  /** Gives one label to a version, or takes it away. What is wrong comes back. */
  setLabel(name: string, label: string, version: bigint | undefined): Promise<Problem | undefined> {
    return this.#inTurn(() => this.#setLabel(name, label, version));
  }

  async #setLabel(name: string, label: string, version: bigint | undefined): Promise<Problem | undefined> {
    const model = this.#models.find((one) => one.name === name);
    if (!model) return problem("MODEL_NOT_FOUND", { request: name });
    const labels = new Map(model.labels);
    if (version === undefined) {
      if (!labels.delete(label)) return problem("LABEL_UNKNOWN", { label });
    } else {
      if (!(await this.#mayMean(model, label, version, false))) {
        return problem("CONFIG_LABEL_UNAVAILABLE", { version: String(version), model: name });
      }
      labels.set(label, version);
    }
    this.#models = this.#models.map((one) => (one === model ? { ...one, labels } : one));
    this.#options.manager.setLabels(name, labels);
    const what = version === undefined ? "was taken away" : `means version ${version}`;
    this.#options.log("info", `{name: ${name}}: label ${label} ${what}`);
    return undefined;
  }

  /** Serves a model that was unloaded, tries one again that failed, and looks for new versions. What went wrong comes back. */
  load(name: string, waitMs = MAX_RELOAD_WAIT_MS): Promise<Problem | undefined> {
    return this.#inTurn(async () => {
      const { manager, source } = this.#options;
      if (!this.#models.some((model) => model.name === name))
        return problem("OIP_NOT_CONFIGURED", { model: name });
      this.#unloaded.delete(name);
      // A version that failed is tried again only after it was unwanted.
      if (!manager.isServing(name)) manager.setAspired(name, []);
      source.setModels(this.#watched());
      const signal = AbortSignal.timeout(Math.min(waitMs, MAX_RELOAD_WAIT_MS));
      const look = await this.#lookAt(name, signal);
      await manager.atRest(name, false, signal);
      if (manager.isServing(name)) return undefined;
      const failed = (manager.versions(name) ?? []).flatMap((version) => version.problem ?? []);
      const all = look instanceof Problem ? [look, ...failed] : failed;
      const reasons = all.map((one) => one.message).join("; ") || "no version is complete yet";
      return problem("OIP_LOAD_FAILED", { model: name, reasons });
    });
  }

  /** Takes a model out of service until it is loaded again or the configuration is replaced, after its requests. */
  unload(name: string, waitMs = MAX_RELOAD_WAIT_MS): Promise<Problem | undefined> {
    return this.#inTurn(async () => {
      const { manager, source, log } = this.#options;
      if (!this.#models.some((model) => model.name === name))
        return problem("OIP_NOT_CONFIGURED", { model: name });
      this.#unloaded.add(name);
      source.setModels(this.#watched());
      manager.setAspired(name, []);
      await manager.atRest(name, true, AbortSignal.timeout(Math.min(waitMs, MAX_RELOAD_WAIT_MS)));
      log("info", `{name: ${name}}: unloaded`);
      return undefined;
    });
  }

  /** What a look at a model comes to, once nothing about its versions changes any more. */
  async #lookAt(name: string, signal: AbortSignal): Promise<Look | undefined> {
    for (;;) {
      const look = (await this.#options.source.lookNow()).get(name);
      if (look !== "settling" || signal.aborted) return look;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** The models that are not unloaded. */
  #watched(): readonly ModelConfiguration[] {
    return this.#models.filter((model) => !this.#unloaded.has(model.name));
  }

  async #reload(config: ModelServerConfig, waitMs: number): Promise<readonly Problem[]> {
    const { log, manager, source } = this.#options;
    if (config.config.case === "customModelConfig") return [problem("CONFIG_NOT_A_LIST", {})];
    const models = modelConfigurations(config);
    if (!models) {
      log("info", "Taking no action for empty config.");
      return [];
    }
    if (!areModels(models)) return models;
    const problems = await this.#whatIsWrong(models, false);
    if (problems.length > 0) return problems;
    const before = new Set(this.#models.map((model) => model.name));
    const added = models.map((model) => model.name).filter((name) => !before.has(name));
    for (const { name } of models) log("info", ` (Re-)adding model: ${name}`);
    this.#models = models;
    this.#unloaded.clear();
    this.#options.configured?.(models);
    manager.configure(models.map((model) => model.name));
    this.#setLabels(models);
    source.setModels(models);
    const failures = await this.#waitFor(added, waitMs);
    log("info", "Finished reloading config");
    return failures;
  }

  async #waitFor(added: readonly string[], waitMs: number): Promise<readonly Problem[]> {
    const { manager, source } = this.#options;
    const looks = await source.lookNow();
    const missing = added.flatMap((name): FailedVersion[] => {
      const look = looks.get(name);
      return look instanceof Problem ? [{ description: `{name: ${name}}`, problem: look }] : [];
    });
    const found = added.filter((name) => !(looks.get(name) instanceof Problem));
    const failed = [
      ...missing,
      ...(await manager.settled(found, AbortSignal.timeout(Math.min(waitMs, MAX_RELOAD_WAIT_MS)))),
    ];
    if (failed.length === 0) return [];
    return [problem("RELOAD_MODELS_UNAVAILABLE", { count: failed.length, reasons: failureList(failed) })];
  }

  #setLabels(models: readonly ModelConfiguration[]): void {
    for (const { name, labels } of models) this.#options.manager.setLabels(name, labels);
  }

  /** Why a configuration may not be carried out. */
  async #whatIsWrong(models: readonly ModelConfiguration[], isFirst: boolean): Promise<readonly Problem[]> {
    const problems: Problem[] = [];
    for (const model of models) {
      const { name, platform: after } = model;
      const before = this.#models.find((other) => other.name === name)?.platform ?? after;
      if (before !== after) problems.push(problem("CONFIG_PLATFORM_CHANGED", { model: name, before, after }));
      problems.push(...this.#refuseLogging(model));
      for (const [label, version] of model.labels) {
        if (await this.#mayMean(model, label, version, isFirst)) continue;
        problems.push(problem("CONFIG_LABEL_UNAVAILABLE", { version: String(version), model: name }));
      }
    }
    return problems;
  }

  #refuseLogging({ name, logging }: ModelConfiguration): readonly Problem[] {
    if (!logging) return [];
    if (this.#options.strict) return [problem("CONFIG_LOGGING", {})];
    const found = loggingOf(name, logging);
    return "prefix" in found ? [] : found;
  }

  /** Whether a label may be given to a version. */
  async #mayMean(
    model: ModelConfiguration,
    label: string,
    version: bigint,
    isFirst: boolean,
  ): Promise<boolean> {
    const { manager, source, allowLabelsForUnavailable, strict } = this.#options;
    const states = manager.versions(model.name) ?? [];
    if (states.some((one) => one.version === version && one.state === "AVAILABLE")) return true;
    const known = isFirst ? undefined : manager.labels(model.name).get(label);
    if (allowLabelsForUnavailable && (known === undefined || known === version)) return true;
    if (strict) return false;
    return isFirst || (await source.listVersions(model)).includes(version);
  }
}
