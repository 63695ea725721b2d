// All models and their versions: what is wanted, what is there, and which of them a request gets.
// Policy (TensorFlow Serving's AvailabilityPreservingPolicy): the highest wanted version is loaded first; versions no
// longer wanted are unloaded once a wanted one is available, so that a model that can answer never stops answering.
// Invariant: one action at a time for each model, and models do not wait for each other.
// Not here: finding versions (source/), running them (predict/).
import { type Problem, problem } from "../../core/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
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
  /** The names that were configured. */
  readonly names: readonly string[];
}

export interface ManagerOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Log;
  readonly models: readonly string[];
  readonly retry?: RetryOptions;
}

/** TensorFlow Serving's defaults of --max_num_load_retries and --load_retry_interval_micros. */
export const DEFAULT_RETRY: RetryOptions = { maxLoadRetries: 5, loadRetryIntervalMs: 60_000 };

interface ModelEntry {
  /** Every version that was ever there, by number; ended ones stay for the status. */
  readonly versions: Map<bigint, Servable>;
  /** Available versions, highest first. */
  serving: Servable[];
  busy: boolean;
}

export class Manager implements Models {
  readonly names: readonly string[];
  readonly #options: ManagerOptions;
  readonly #models = new Map<string, ModelEntry>();
  readonly #waiting: { resolve: () => void; reject: (problem: Problem) => void }[] = [];
  #closing = false;
  #closed: (() => void) | undefined;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.names = options.models;
    for (const name of options.models) {
      this.#models.set(name, { versions: new Map(), serving: [], busy: false });
    }
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
    this.#act(entry);
  }

  acquire(spec: ModelSpec): ServableHandle | Problem {
    if (spec.label !== undefined) return problem("LABEL_UNKNOWN", { label: spec.label });
    const serving = this.#models.get(spec.name)?.serving ?? [];
    const servable =
      spec.version === undefined ? serving[0] : serving.find((other) => other.version === spec.version);
    const handle = servable?.acquire();
    if (handle) return handle;
    const request =
      spec.version === undefined ? `Latest(${spec.name})` : `Specific(${spec.name}, ${spec.version})`;
    return problem("MODEL_NOT_FOUND", { request });
  }

  versions(model: string): readonly VersionStatus[] | undefined {
    const entry = this.#models.get(model);
    if (!entry || entry.versions.size === 0) return undefined;
    return [...entry.versions.values()]
      .sort(highestFirst)
      .map(({ version, state, problem: reason }) => ({ version, state, problem: reason }));
  }

  /** Resolves when every model has an available version; rejects when one has failed for good. */
  available(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#report();
    });
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
    const { engine, clock, log, retry = DEFAULT_RETRY } = this.#options;
    const changed = (): void => {
      entry.serving = [...entry.versions.values()]
        .filter((servable) => servable.state === "AVAILABLE")
        .sort(highestFirst);
      this.#report();
    };
    return new Servable(model, version, path, { engine, clock, log, retry, changed });
  }

  /** Begins the next action of a model, if there is one to take and none under way. */
  #act(entry: ModelEntry): void {
    if (entry.busy) return;
    const action = nextAction(entry);
    if (!action) {
      this.#reportClosed();
      return;
    }
    entry.busy = true;
    const done = (): void => {
      entry.busy = false;
      this.#act(entry);
    };
    void action().then(done, done); // servables keep their failures as their state
  }

  /** Tells those who wait for `available`. */
  #report(): void {
    if (this.#waiting.length === 0) return;
    const entries = [...this.#models.values()];
    if (entries.every((entry) => entry.serving.length > 0)) {
      for (const { resolve } of this.#waiting.splice(0)) resolve();
      return;
    }
    const failed = entries.flatMap((entry) => (hasFailed(entry) ? [...entry.versions.values()] : []));
    if (failed.length === 0) return;
    const reasons = failed.map(
      (servable) => `{${servable.description} due to error: ${servable.problem?.message ?? "none"}}`,
    );
    const failure = problem("MODELS_UNAVAILABLE", { count: failed.length, reasons: reasons.join(", ") });
    for (const { reject } of this.#waiting.splice(0)) reject(failure);
  }

  #reportClosed(): void {
    if (!this.#closing) return;
    const idle = [...this.#models.values()].every((entry) => !entry.busy && !nextAction(entry));
    if (idle) this.#closed?.();
  }
}

/** Whether a model has versions, and all of them failed. */
function hasFailed(entry: ModelEntry): boolean {
  const all = [...entry.versions.values()];
  return all.length > 0 && all.every((servable) => servable.state === "END" && servable.problem);
}

/** What the policy wants done next, if anything. */
function nextAction(entry: ModelEntry): (() => Promise<void>) | undefined {
  const all = [...entry.versions.values()].sort(highestFirst);
  const ready = all.filter((servable) => servable.state === "AVAILABLE");
  const unwanted = ready.filter((servable) => !servable.aspired);
  const noneWanted = all.every((servable) => !servable.aspired);
  const wantedIsReady = ready.some((servable) => servable.aspired);
  const oldest = unwanted.at(-1);
  if (oldest && (noneWanted || wantedIsReady || unwanted.length > 1)) return () => oldest.unload();
  const next = all.find((servable) => servable.state === "START" && servable.aspired);
  return next && (() => next.load());
}

function highestFirst(a: Servable, b: Servable): number {
  return a.version > b.version ? -1 : a.version < b.version ? 1 : 0;
}
