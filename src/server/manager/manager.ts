// All models and their versions: what is wanted, what is there, and which of them a request gets.
// Policy (TensorFlow Serving's AvailabilityPreservingPolicy): the highest wanted version is loaded first; versions no
// longer wanted are unloaded once a wanted one is available, so that a model that can answer never stops answering.
// Invariant: of each model one version at a time is unloaded and one loaded, besides those that are tried again. A load
// that waits for its next try holds up nothing, a load under way no unload, and models do not wait for each other.
// Not here: finding versions (source/), running them (predict/).
import { fail, type Problem, problem } from "../../core/errors.ts";
import type { Engine, LoadedModel } from "../../engine/engine.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { PredictionListener } from "../predict/prediction-event.ts";
import { breakingChanges } from "./breaking-changes.ts";
import { type FailedVersion, failureList, failuresOf, haveFailed } from "./failed-versions.ts";
import { VersionLabels } from "./labels.ts";
import { LoadSlots } from "./load-slots.ts";
import { type RetryOptions, Servable, type ServableHandle, type ServableState } from "./servable.ts";

/** A version that a source found and wants served. */
export interface AspiredVersion {
  readonly version: bigint;
  readonly path: string;
}

/** Which version of which model a request means. No version and no label: the highest available one. */
export interface ModelSpec {
  readonly name: string;
  readonly version?: bigint | undefined;
  readonly label?: string | undefined;
}

export interface VersionStatus {
  readonly version: bigint;
  readonly state: ServableState;
  readonly problem: Problem | undefined;
}

/** The part of a manager that requests need. */
export interface Models {
  acquire(spec: ModelSpec): ServableHandle | Problem;
  /** Highest version first; undefined if there never was one. */
  versions(model: string): readonly VersionStatus[] | undefined;
  /** The version that a label means at present. */
  labelled(model: string, label: string): bigint | undefined;
  /** The names that are configured. */
  readonly names: readonly string[];
}

/** A version changed its state. */
export interface ServableEvent {
  readonly model: string;
  readonly version: bigint;
  readonly state: ServableState;
  /** Why it ended, if it did not end well. */
  readonly problem: Problem | undefined;
}

/** Where a version that was loaded stands. */
export interface LoadedPlace {
  readonly model: string;
  readonly version: bigint;
  /** Its directory. */
  readonly path: string;
}

/**
 * What is done to a version between its load and its first request. The model that comes back serves in the given
 * one's place, and closes it when it is closed. Throws to fail the load, which is then tried again like any other.
 */
export type Prepare = (loaded: LoadedModel, place: LoadedPlace) => Promise<LoadedModel>;

export interface ManagerOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Log;
  readonly models: readonly string[];
  readonly retry?: RetryOptions;
  /** Models that are loaded at once; more wait. */
  readonly maxLoadsAtOnce?: number | undefined;
  /** Threads inside one run; undefined lets the engine choose. */
  readonly intraOpThreads?: number | undefined;
  /** Whether a version that breaks its predecessor's clients is not served. It is always told. */
  readonly refuseBreakingVersions?: boolean | undefined;
  /** In order. */
  readonly prepare?: readonly Prepare[];
}

/** TensorFlow Serving's defaults of --max_num_load_retries and --load_retry_interval_micros. */
export const DEFAULT_RETRY: RetryOptions = { maxLoadRetries: 5, loadRetryIntervalMs: 60_000 };

/** A configuration may take a hundred models away at once; begun all in one turn, their ends would hold the event loop. */
const CLOSES_AT_ONCE = 4;

/** Versions that ended well and are still told in a model's status; the lowest are forgotten first. */
const MAX_ENDED_VERSIONS = 100;

interface ModelEntry {
  /** Every version that was there lately, by number; ended ones stay for the status. */
  readonly versions: Map<bigint, Servable>;
  /** Available versions, highest first. */
  serving: Servable[];
  readonly labels: VersionLabels;
}

export class Manager implements Models {
  #names: readonly string[] = [];
  readonly #options: ManagerOptions;
  readonly #models = new Map<string, ModelEntry>();
  readonly #slots: LoadSlots;
  readonly #closes = new LoadSlots(CLOSES_AT_ONCE);
  readonly #listeners = new Set<(event: ServableEvent) => void>();
  readonly #watchers = new Set<(model: string | undefined) => void>();
  readonly #predictionListeners = new Set<PredictionListener>();
  readonly #tellPrediction: PredictionListener = (event) => {
    for (const listener of this.#predictionListeners) listener(event);
  };
  #waiting: (() => boolean)[] = [];
  #closing = false;
  #closed: (() => void) | undefined;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#slots = new LoadSlots(options.maxLoadsAtOnce ?? Number.POSITIVE_INFINITY);
    this.configure(options.models);
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /** Replaces the models. Those that are left out are unloaded. */
  configure(names: readonly string[]): void {
    for (const name of this.#names) if (!names.includes(name)) this.setAspired(name, []);
    this.#names = names;
    for (const name of names) {
      if (this.#models.has(name)) continue;
      this.#models.set(name, { versions: new Map(), serving: [], labels: new VersionLabels() });
    }
    this.#tell(undefined);
  }

  /** Whether a model has an available version. */
  isServing(model: string): boolean {
    return (this.#models.get(model)?.serving.length ?? 0) > 0;
  }

  /** Replaces a model's labels. */
  setLabels(model: string, labels: ReadonlyMap<string, bigint>): void {
    const entry = this.#models.get(model);
    entry?.labels.assign(labels, (version) => entry.serving.some((servable) => servable.version === version));
    this.#tell(model);
  }

  labelled(model: string, label: string): bigint | undefined {
    return this.#models.get(model)?.labels.versionOf(label);
  }

  /** What each label of a model was given for. */
  labels(model: string): ReadonlyMap<string, bigint> {
    return this.#models.get(model)?.labels.targets() ?? new Map();
  }

  /** Replaces what is wanted of one model. Loading and unloading follow by themselves. */
  setAspired(model: string, aspired: readonly AspiredVersion[]): void {
    const entry = this.#models.get(model);
    if (!entry || this.#closing) return;
    const wanted = new Map(aspired.map((version) => [version.version, version]));
    for (const servable of entry.versions.values()) {
      if (wanted.has(servable.version)) {
        if (servable.state !== "END" && servable.state !== "UNLOADING") servable.aspired = true;
      } else if (servable.aspired) {
        servable.unaspire();
      }
    }
    for (const { version, path } of wanted.values()) {
      const known = entry.versions.get(version);
      // One that failed for good is tried again only after it was unwanted for a while.
      if (known && (known.aspired || known.state === "UNLOADING")) continue;
      entry.versions.set(version, this.#makeServable(model, version, path, entry));
    }
    forgetEnded(entry);
    this.#act(entry);
    this.#tell(model);
  }

  acquire({ name, version: wanted, label }: ModelSpec): ServableHandle | Problem {
    const entry = this.#models.get(name);
    const version = label === undefined ? wanted : this.labelled(name, label);
    if (label !== undefined && version === undefined) return problem("LABEL_UNKNOWN", { label });
    const serving = entry?.serving ?? [];
    const servable = version === undefined ? serving[0] : serving.find((other) => other.version === version);
    const handle = servable?.acquire();
    if (handle) return handle;
    const request = version === undefined ? `Latest(${name})` : `Specific(${name}, ${version})`;
    return problem("MODEL_NOT_FOUND", { request });
  }

  versions(model: string): readonly VersionStatus[] | undefined {
    const entry = this.#models.get(model);
    if (!entry || entry.versions.size === 0) return undefined;
    return [...entry.versions.values()]
      .sort(highestFirst)
      .map(({ version, state, problem: reason }) => ({ version, state, problem: reason }));
  }

  /** Calls back at every change of a version's state, until the returned function is called. */
  subscribe(listener: (event: ServableEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back when `names` may tell otherwise than before, or, with a model's name, its `versions` or `labelled`. */
  watchModels(watcher: (model: string | undefined) => void): void {
    this.#watchers.add(watcher);
  }

  /** Tells of each prediction, until the returned function is called. */
  watchPredictions(listener: PredictionListener): () => void {
    this.#predictionListeners.add(listener);
    return () => this.#predictionListeners.delete(listener);
  }

  /** Resolves when a model has no version any more that is on its way in or, with `out`, that is not out. */
  atRest(model: string, out: boolean, signal?: AbortSignal): Promise<void> {
    const moving = ({ state }: Servable): boolean =>
      state === "START" || state === "LOADING" || (out && state !== "END");
    return new Promise((resolve) => {
      const check = (): boolean => {
        if (!signal?.aborted && [...(this.#models.get(model)?.versions.values() ?? [])].some(moving))
          return false;
        resolve();
        return true;
      };
      signal?.addEventListener("abort", () => this.#report(), { once: true });
      if (!check()) this.#waiting.push(check);
    });
  }

  /**
   * Resolves when each of the models has an available version or has failed for good: the versions that failed, of
   * models that have none. `signal` ends the wait early.
   */
  settled(models: readonly string[] = this.#names, signal?: AbortSignal): Promise<readonly FailedVersion[]> {
    return new Promise((resolve) => {
      const entries = models.map((name) => this.#models.get(name));
      const check = (): boolean => {
        const unserved = entries.flatMap((entry) =>
          entry && entry.serving.length === 0 ? [[...entry.versions.values()]] : [],
        );
        if (!signal?.aborted && !unserved.every(haveFailed)) return false;
        resolve(unserved.flatMap(failuresOf));
        return true;
      };
      signal?.addEventListener("abort", () => this.#report(), { once: true });
      if (!check()) this.#waiting.push(check);
    });
  }

  /** Resolves when every model has an available version; rejects when one has failed for good. */
  async available(): Promise<void> {
    const failed = await this.settled();
    if (failed.length === 0) return;
    throw problem("MODELS_UNAVAILABLE", { count: failed.length, reasons: failureList(failed) });
  }

  /** Unloads everything, after the requests that hold it, and takes no new versions. */
  async close(): Promise<void> {
    this.#closing = true;
    const done = new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
    for (const entry of this.#models.values()) {
      for (const servable of entry.versions.values()) servable.unaspire();
      this.#act(entry);
    }
    this.#reportClosed();
    await done;
  }

  #makeServable(model: string, version: bigint, path: string, entry: ModelEntry): Servable {
    const { clock, log, retry = DEFAULT_RETRY } = this.#options;
    const listener = this.#tellPrediction;
    const changed = ({ state, problem: reason }: Servable): void => {
      entry.serving = [...entry.versions.values()]
        .filter((servable) => servable.state === "AVAILABLE")
        .sort(highestFirst);
      if (state === "AVAILABLE") entry.labels.arrived(version);
      this.#tell(model);
      for (const listener of this.#listeners) listener({ model, version, state, problem: reason });
      this.#report();
    };
    const load = (servable: Servable): Promise<LoadedModel> =>
      this.#slots.run(() => this.#load(servable, entry));
    const close = (loaded: LoadedModel): Promise<void> => this.#closes.run(() => loaded.close());
    const paused = (): void => this.#act(entry);
    return new Servable(model, version, path, { clock, log, retry, load, close, changed, paused, listener });
  }

  async #load(servable: Servable, entry: ModelEntry): Promise<LoadedModel> {
    const { engine, intraOpThreads, prepare = [] } = this.#options;
    const { model, version, path, description } = servable;
    const threads = intraOpThreads === undefined ? {} : { intraOpThreads };
    let loaded = await engine.load(path, { name: description, ...threads });
    try {
      this.#compare(servable, loaded, entry.serving[0]);
      for (const step of prepare) loaded = await step(loaded, { model, version, path });
      return loaded;
    } catch (error) {
      await loaded.close();
      throw error;
    }
  }

  /** Tells what would break the clients of the version that is served now; throws if that is refused. */
  #compare(servable: Servable, loaded: LoadedModel, predecessor: Servable | undefined): void {
    const before = predecessor?.signatures;
    const changes = before ? breakingChanges(before, loaded.signatures) : [];
    if (!predecessor || changes.length === 0) return;
    const reasons = changes.join("; ");
    const fields = { servable: servable.description, before: String(predecessor.version), reasons };
    if (this.#options.refuseBreakingVersions) fail("VERSION_BREAKS", fields);
    this.#options.log(
      "warn",
      `${fields.servable} breaks the clients of version ${fields.before}: ${reasons}`,
    );
  }

  /** Begins what a model has to do and does not do yet. */
  #act(entry: ModelEntry): void {
    const done = (): void => this.#act(entry);
    for (let action = nextAction(entry); action; action = nextAction(entry)) {
      void action().then(done, done); // servables keep their failures as their state
    }
    this.#reportClosed();
  }

  #tell(model: string | undefined): void {
    for (const watcher of this.#watchers) watcher(model);
  }

  /** Tells those who wait for models to settle. */
  #report(): void {
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter((check) => !check());
  }

  #reportClosed(): void {
    if (!this.#closing) return;
    const idle = [...this.#models.values()].every(({ versions }) =>
      [...versions.values()].every((servable) => servable.state === "END"),
    );
    if (idle) this.#closed?.();
  }
}

/** A model that gets a version an hour would otherwise list thousands. */
function forgetEnded(entry: ModelEntry): void {
  const ended = [...entry.versions.values()].filter((one) => one.state === "END" && !one.aspired);
  if (ended.length <= MAX_ENDED_VERSIONS) return;
  for (const { version } of ended.sort(highestFirst).slice(MAX_ENDED_VERSIONS))
    entry.versions.delete(version);
}

/** What the policy wants begun next, if anything. What it begins shows in the versions' states at once. */
function nextAction({ versions }: ModelEntry): (() => Promise<void>) | undefined {
  const all = [...versions.values()].sort(highestFirst);
  // Its memory is to be there for what is loaded next.
  if (all.some((servable) => servable.state === "UNLOADING")) return undefined;
  const ready = all.filter((servable) => servable.state === "AVAILABLE");
  const unwanted = ready.filter((servable) => !servable.aspired);
  const noneWanted = all.every((servable) => !servable.aspired);
  const wantedIsReady = ready.some((servable) => servable.aspired);
  const oldest = unwanted.at(-1);
  if (oldest && (noneWanted || wantedIsReady || unwanted.length > 1)) return () => oldest.unload();
  if (all.some((servable) => servable.state === "LOADING" && !servable.isPaused)) return undefined;
  const next = all.find((servable) => servable.state === "START" && servable.aspired);
  return next && (() => next.load());
}

function highestFirst(a: Servable, b: Servable): number {
  return a.version > b.version ? -1 : a.version < b.version ? 1 : 0;
}
