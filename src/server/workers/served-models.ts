// The models as a worker serves them: what the main thread's table says, run by this thread.
// Invariant: every request is answered by the table as it is at that moment (table.ts). A version is given up only after
// the table no longer serves it and its last call has ended.
import { type Problem, problem } from "../../core/errors.ts";
import type { LoadedModel } from "../../engine/engine.ts";
import type { ModelSpec, Models, VersionStatus } from "../manager/manager.ts";
import type { ServableHandle } from "../manager/servable.ts";
import type { PredictionEvent, PredictionListener } from "../predict/prediction-event.ts";
import { type Place, problemOf } from "./messages.ts";
import type { TableChange } from "./table.ts";

/** Where changes come from. */
export interface TableReader {
  /** The epoch that has begun. */
  epoch(): number;
  /** The next change that was told, if there is one; its epoch may not have begun. */
  next(): TableChange | undefined;
}

interface ModelEntry {
  versions: readonly VersionStatus[] | undefined;
  /** Available versions, highest first. */
  serving: readonly bigint[];
  labels: ReadonlyMap<string, bigint>;
  /** What this thread can run. */
  readonly held: Map<bigint, Held>;
}

interface Held {
  readonly loaded: LoadedModel;
  handles: number;
  drained: (() => void) | undefined;
}

export class ServedModels implements Models {
  readonly #reader: TableReader;
  readonly #models = new Map<string, ModelEntry>();
  readonly #predictionListeners = new Set<PredictionListener>();
  readonly #tellPrediction = (event: PredictionEvent): void => {
    for (const listener of this.#predictionListeners) listener(event);
  };
  #names: readonly string[] = [];
  #epoch: number | undefined;
  /** A change that was told, whose epoch had not begun. */
  #early: TableChange | undefined;

  constructor(reader: TableReader) {
    this.#reader = reader;
  }

  get names(): readonly string[] {
    this.catchUp();
    return this.#names;
  }

  versions(model: string): readonly VersionStatus[] | undefined {
    this.catchUp();
    return this.#models.get(model)?.versions;
  }

  labelled(model: string, label: string): bigint | undefined {
    this.catchUp();
    return this.#models.get(model)?.labels.get(label);
  }

  /** As Manager.acquire. */
  acquire({ name, version: wanted, label }: ModelSpec): ServableHandle | Problem {
    this.catchUp();
    const entry = this.#models.get(name);
    const version = label === undefined ? wanted : entry?.labels.get(label);
    if (label !== undefined && version === undefined) return problem("LABEL_UNKNOWN", { label });
    const served = version === undefined ? entry?.serving[0] : entry?.serving.find((one) => one === version);
    const held = served === undefined ? undefined : entry?.held.get(served);
    if (served !== undefined && held) return this.#hold(name, served, held);
    const request = version === undefined ? `Latest(${name})` : `Specific(${name}, ${version})`;
    return problem("MODEL_NOT_FOUND", { request });
  }

  watchPredictions(listener: PredictionListener): void {
    this.#predictionListeners.add(listener);
  }

  /** Can run a version from now on. */
  offer({ model, version }: Place, loaded: LoadedModel): void {
    this.#entry(model).held.set(version, { loaded, handles: 0, drained: undefined });
  }

  /** Resolves when the last call of the version has ended, and closes it. */
  async withdraw({ model, version }: Place): Promise<void> {
    this.catchUp(); // the table does not serve it any more, or never did
    const held = this.#models.get(model)?.held.get(version);
    if (!held) return;
    if (held.handles > 0) await new Promise<void>((resolve) => (held.drained = resolve));
    this.#models.get(model)?.held.delete(version);
    await held.loaded.close();
  }

  /** Takes up all changes whose epoch has begun. */
  catchUp(): void {
    const epoch = this.#reader.epoch();
    if (epoch === this.#epoch) return;
    for (;;) {
      const change = this.#early ?? this.#reader.next();
      this.#early = change;
      if (!change || ((change.epoch - epoch) | 0) > 0) break;
      this.#apply(change);
      this.#early = undefined;
    }
    this.#epoch = epoch;
  }

  #apply(change: TableChange): void {
    if (change.kind === "names") {
      this.#names = change.names;
      return;
    }
    const entry = this.#entry(change.model);
    entry.versions = change.versions?.map((one) => ({
      ...one,
      problem: one.problem && problemOf(one.problem),
    }));
    entry.serving = (entry.versions ?? [])
      .filter(({ state }) => state === "AVAILABLE")
      .map(({ version }) => version);
    entry.labels = change.labels;
  }

  #entry(model: string): ModelEntry {
    const known = this.#models.get(model);
    if (known) return known;
    const made: ModelEntry = { versions: undefined, serving: [], labels: new Map(), held: new Map() };
    this.#models.set(model, made);
    return made;
  }

  #hold(model: string, version: bigint, held: Held): ServableHandle {
    held.handles++;
    let isHeld = true;
    return {
      model,
      version,
      loaded: held.loaded,
      listener: this.#tellPrediction,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        held.handles--;
        if (held.handles === 0) held.drained?.();
      },
      share: () => this.#hold(model, version, held),
    };
  }
}
