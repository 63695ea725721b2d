// What models and versions there are, as the main thread's manager has them, told to the workers change by change.
// Invariant: a change holds for all threads from one moment on, when its epoch begins. A worker that is asked for a model
// reads the epoch first, and takes up what it did not know yet. So no client that saw a switch on one connection sees the
// version before on another, whichever threads they belong to.
// Not here: the worker's side (served-models.ts).
import type { VersionStatus } from "../manager/manager.ts";
import { beginEpoch, epochOf } from "./cells.ts";
import { type PlainProblem, plainProblem } from "./messages.ts";

export type PlainVersion = Omit<VersionStatus, "problem"> & { readonly problem: PlainProblem | undefined };

/** All that changed about one model, or about the list of models. */
export type TableChange = { readonly epoch: number } & (
  | { readonly kind: "names"; readonly names: readonly string[] }
  | {
      readonly kind: "model";
      readonly model: string;
      /** Highest first; undefined if there never was one. */
      readonly versions: readonly PlainVersion[] | undefined;
      /** The version that each label means. */
      readonly labels: ReadonlyMap<string, bigint>;
    }
);

/** Of the main thread's manager. */
export interface TableSource {
  readonly names: readonly string[];
  versions(model: string): readonly VersionStatus[] | undefined;
  labels(model: string): ReadonlyMap<string, bigint>;
  labelled(model: string, label: string): bigint | undefined;
}

export class Table {
  readonly #source: TableSource;
  readonly #cells: Int32Array;
  /** Models that are configured or once were, with what was last told of them. */
  readonly #told = new Map<string, string>();
  #names: readonly string[] = [];

  constructor(source: TableSource, cells: Int32Array) {
    this.#source = source;
    this.#cells = cells;
  }

  /** Tells what changed about a model, or without one about the list of models. `post` reaches every worker. */
  changed(model: string | undefined, post: (change: TableChange) => void): void {
    const epoch = (epochOf(this.#cells) + 1) | 0;
    if (model === undefined) {
      this.#names = this.#source.names;
      post({ epoch, kind: "names", names: this.#names });
    } else {
      const change = this.#modelNow(model, epoch);
      const text = textOf(change);
      // A source tells what it wants again and again.
      if (this.#told.get(model) === text) return;
      this.#told.set(model, text);
      post(change);
    }
    beginEpoch(this.#cells, epoch);
  }

  /** Everything, for a worker that begins. */
  whole(): readonly TableChange[] {
    const epoch = epochOf(this.#cells);
    const models = [...this.#told.keys()].map((model) => this.#modelNow(model, epoch));
    return [{ epoch, kind: "names", names: this.#names }, ...models];
  }

  #modelNow(model: string, epoch: number): Extract<TableChange, { kind: "model" }> {
    const versions = this.#source
      .versions(model)
      ?.map(({ version, state, problem }) => ({ version, state, problem: problem && plainProblem(problem) }));
    const labels = new Map<string, bigint>();
    for (const label of this.#source.labels(model).keys()) {
      const version = this.#source.labelled(model, label);
      if (version !== undefined) labels.set(label, version);
    }
    return { epoch, kind: "model", model, versions, labels };
  }
}

function textOf({ versions, labels }: Extract<TableChange, { kind: "model" }>): string {
  const plain = versions?.map(({ version, state, problem }) => [String(version), state, problem]);
  return JSON.stringify([plain, [...labels].map(([label, version]) => [label, String(version)])]);
}
