// What is counted for each signature of each version of each model.
// Invariant: finding a known one allocates nothing. Versions that are long gone are forgotten, so that a server that
// switches for months holds a bounded number.
import type { Labels, Sample } from "./text-format.ts";

/** Versions of a model of which the counts are kept; the oldest are forgotten first. */
const MAX_VERSIONS = 16;

export class VersionCells<T> {
  readonly #make: () => T;
  readonly #models = new Map<string, Map<bigint, Map<string, T>>>();

  constructor(make: () => T) {
    this.#make = make;
  }

  of(model: string, version: bigint, signature: string): T {
    const known = this.#models.get(model)?.get(version)?.get(signature);
    return known ?? this.#add(model, version, signature);
  }

  /** Samples of every cell, labelled; `values` may leave a cell out. */
  *samples(values: (cell: T) => Iterable<readonly [Labels, Sample["value"]]>): Generator<Sample> {
    for (const [model, versions] of this.#models) {
      for (const [version, signatures] of versions) {
        for (const [signature, cell] of signatures) {
          const labels: Labels = [
            ["model", model],
            ["version", String(version)],
            ["signature", signature],
          ];
          for (const [more, value] of values(cell)) yield { labels: [...labels, ...more], value };
        }
      }
    }
  }

  #add(model: string, version: bigint, signature: string): T {
    const versions = this.#models.get(model) ?? new Map<bigint, Map<string, T>>();
    this.#models.set(model, versions);
    const signatures = versions.get(version) ?? new Map<string, T>();
    versions.set(version, signatures);
    const [oldest] = versions.keys();
    if (versions.size > MAX_VERSIONS && oldest !== undefined) versions.delete(oldest);
    const cell = this.#make();
    signatures.set(signature, cell);
    return cell;
  }
}
