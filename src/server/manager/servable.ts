// One version of one model: its state, its engine's model, and the requests that hold it.
// Life: START -> LOADING -> AVAILABLE -> UNLOADING -> END. A failed load goes from LOADING to END with its reason.
// Invariant: the model is closed only after the last handle was given back.
// Not here: which version is to be loaded or unloaded (manager.ts).
import { type ErrorCode, FerryError, type Problem, problem } from "../../core/errors.ts";
import type { LoadedModel } from "../../engine/engine.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";
import type { PredictionListener } from "../predict/prediction-event.ts";

export type ServableState = "START" | "LOADING" | "AVAILABLE" | "UNLOADING" | "END";

export interface RetryOptions {
  /** Tries after the first. */
  readonly maxLoadRetries: number;
  readonly loadRetryIntervalMs: number;
}

/** What a request holds while it uses a version. */
export interface ServableHandle {
  readonly model: string;
  readonly version: bigint;
  readonly loaded: LoadedModel;
  /** Who is told of each prediction. */
  readonly listener?: PredictionListener | undefined;
  /** To be called once; the version may go afterwards. */
  release(): void;
  /** Another hold on the same version, while this one is not given back. */
  share(): ServableHandle;
}

export interface ServableContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly retry: RetryOptions;
  /** Loads the version and makes it ready for requests. Throws if it cannot be served. */
  readonly load: (servable: Servable) => Promise<LoadedModel>;
  /** Gives a version's memory back. */
  readonly close: (loaded: LoadedModel) => Promise<void>;
  /** Called after each change of state. */
  readonly changed: (servable: Servable) => void;
  /** Called when a load that failed waits for its next try. */
  readonly paused: () => void;
  /** Told of each prediction. */
  readonly listener?: PredictionListener | undefined;
}

/** What no other try would change. */
const NEVER_RETRIED: ReadonlySet<ErrorCode> = new Set([
  "VERSION_BREAKS",
  "CONVERSION_REFUSED",
  "TENSORFLOW_NOT_FOUND",
  "TENSORFLOW_UNUSABLE",
  "OPERATOR_LIBRARY_UNUSABLE",
]);

export class Servable {
  readonly model: string;
  readonly version: bigint;
  readonly path: string;
  state: ServableState = "START";
  /** Why the version ended, if it did not end well. */
  problem: Problem | undefined;
  /** Whether the source wants it served. */
  aspired = true;
  /** Whether its load failed and waits for its next try. */
  isPaused = false;
  readonly #context: ServableContext;
  #loaded: LoadedModel | undefined;
  #handles = 0;
  #tries = 0;
  #retryTimer: Timer | undefined;
  #wake: (() => void) | undefined;
  #drained: (() => void) | undefined;

  constructor(model: string, version: bigint, path: string, context: ServableContext) {
    this.model = model;
    this.version = version;
    this.path = path;
    this.#context = context;
  }

  /** What the version can do, while it is available. */
  get signatures(): LoadedModel["signatures"] | undefined {
    return this.#loaded?.signatures;
  }

  /** `{name: M version: N}`, as TensorFlow Serving's messages have it. */
  get description(): string {
    return `{name: ${this.model} version: ${this.version}}`;
  }

  /** A hold on the version, if it is available. */
  acquire(): ServableHandle | undefined {
    const loaded = this.#loaded;
    return this.state === "AVAILABLE" && loaded ? this.#hold(loaded) : undefined;
  }

  #hold(loaded: LoadedModel): ServableHandle {
    this.#handles++;
    return new Hold(this, loaded, this.#context.listener);
  }

  /** For its handles alone. */
  letGo(): void {
    this.#handles--;
    if (this.#handles === 0) this.#drained?.();
  }

  /** For its handles alone. */
  holdAgain(loaded: LoadedModel): ServableHandle {
    return this.#hold(loaded);
  }

  /** Loads, trying again as often as the options allow. Ends AVAILABLE or END. */
  async load(): Promise<void> {
    this.#enter("LOADING");
    for (;;) {
      const failure = await this.#try();
      if (!failure) return;
      this.#context.log("error", failure.message, { model: this.model, version: String(this.version) });
      if (this.#tries > this.#context.retry.maxLoadRetries || NEVER_RETRIED.has(failure.code)) {
        this.problem = failure;
        this.#enter("END");
        return;
      }
      if (this.aspired) await this.#pause();
      if (!this.aspired) {
        this.#cancel();
        return;
      }
    }
  }

  /** The source no longer wants this version; a load that waits for its next try gives up. */
  unaspire(): void {
    this.aspired = false;
    if (this.state === "START") this.#cancel();
    this.#retryTimer?.stop();
    this.#retryTimer = undefined;
    this.#wake?.();
  }

  /** Takes the version out of service, waits for its requests, and gives the memory back. */
  async unload(): Promise<void> {
    this.#enter("UNLOADING");
    if (this.#handles > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    const loaded = this.#loaded;
    this.#loaded = undefined;
    try {
      if (loaded) await this.#context.close(loaded);
    } catch (error) {
      this.#context.log("error", `Unloading servable ${this.description}: ${reasonOf(error)}`);
    }
    this.#context.log("info", `Done unloading servable version ${this.description}`);
    this.#enter("END");
  }

  /** One try. The reason comes back if it failed. */
  async #try(): Promise<Problem | undefined> {
    this.#tries++;
    const started = this.#context.clock.now();
    try {
      this.#loaded = await this.#context.load(this);
    } catch (error) {
      if (error instanceof FerryError && NEVER_RETRIED.has(error.code)) return error.problems[0];
      return problem("LOAD_FAILED", { servable: this.description, reason: reasonOf(error) }, error);
    }
    const milliseconds = this.#context.clock.now() - started;
    this.#context.log("info", `Successfully loaded servable version ${this.description}`, { milliseconds });
    this.#enter("AVAILABLE");
    return undefined;
  }

  #cancel(): void {
    this.problem = problem("LOAD_CANCELLED", {});
    this.#enter("END");
  }

  async #pause(): Promise<void> {
    this.isPaused = true;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#retryTimer = this.#context.clock.after(this.#context.retry.loadRetryIntervalMs, resolve);
    });
    this.#context.paused();
    await woken;
    this.#wake = undefined;
    this.isPaused = false;
  }

  #enter(state: ServableState): void {
    this.state = state;
    this.#context.changed(this);
  }
}

/** One is made for each request. */
class Hold implements ServableHandle {
  readonly loaded: LoadedModel;
  readonly listener: PredictionListener | undefined;
  readonly #servable: Servable;
  #held = true;

  constructor(servable: Servable, loaded: LoadedModel, listener: PredictionListener | undefined) {
    this.#servable = servable;
    this.loaded = loaded;
    this.listener = listener;
  }

  get model(): string {
    return this.#servable.model;
  }

  get version(): bigint {
    return this.#servable.version;
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#servable.letGo();
  }

  share(): ServableHandle {
    return this.#servable.holdAgain(this.loaded);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof FerryError) return error.problems.map((one) => one.message).join("; ");
  return error instanceof Error ? error.message : String(error);
}
