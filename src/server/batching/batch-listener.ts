// What is told of batches, for metrics. Called on the hot path: must be cheap and may not throw.
import type { LoadedPlace } from "../manager/manager.ts";

/** Told of the requests and batches of one version's signature. */
export interface BatchListener {
  /** A request of so many rows came. */
  arrived(rows: number): void;
  /** A request, or a part of one, waited so long for its batch to run. */
  waited(milliseconds: number): void;
  /** A batch begins to run: its rows, and those with padding. */
  runs(rows: number, paddedRows: number): void;
}

/** The listener of each version's signatures; `threadPoolName` is a label. */
export type BatchListeners = (place: LoadedPlace, signature: string, threadPoolName: string) => BatchListener;

/** Tells nobody. */
export const SILENT: BatchListener = {
  arrived: () => undefined,
  waited: () => undefined,
  runs: () => undefined,
};
