// What several threads have counted, as one: counts and gauges are summed, histograms bucket by bucket.
// Not here: asking the threads (workers/).
import { Histogram } from "./histogram.ts";
import type { Family, Labels, Sample } from "./text-format.ts";

/** A family that can be sent to another thread. */
export interface PlainFamily extends Omit<Family, "samples"> {
  readonly samples: readonly PlainSample[];
}

interface PlainSample {
  readonly labels: Labels;
  readonly value: number | Pick<Histogram, "bounds" | "counts" | "sum">;
}

/** The counts as they are now. */
export function plainFamilies(families: readonly Family[]): readonly PlainFamily[] {
  return families.map(({ samples, ...family }) => ({
    ...family,
    samples: [...samples()].map(({ labels, value }) => ({ labels, value: plainValue(value) })),
  }));
}

/** Histograms that are added in one turn: about 100 us. */
const SAMPLES_A_TURN = 32;

/** Families of the same name become one; so do their samples of the same labels. Yields where others may have a turn. */
export function* mergeFamilies(
  own: readonly Family[],
  others: readonly (readonly PlainFamily[])[],
): Generator<undefined, readonly Family[]> {
  let count = 0;
  const merged = new Map<string, { readonly family: Family; readonly samples: Map<string, Sample> }>();
  for (const { samples, ...family } of [...plainFamilies(own), ...others.flat()]) {
    let entry = merged.get(family.name);
    if (!entry) {
      const all = new Map<string, Sample>();
      entry = { family: { ...family, samples: () => all.values() }, samples: all };
      merged.set(family.name, entry);
    }
    for (const sample of samples) {
      if (++count % SAMPLES_A_TURN === 0) yield;
      addSample(entry.samples, sample);
    }
  }
  return [...merged.values()].map(({ family }) => family);
}

function addSample(all: Map<string, Sample>, { labels, value }: PlainSample): void {
  const key = JSON.stringify(labels);
  const before = all.get(key)?.value;
  if (typeof value === "number") {
    all.set(key, { labels, value: typeof before === "number" ? before + value : value });
    return;
  }
  const sum = before instanceof Histogram ? before : new Histogram(value.bounds);
  for (const [at, count] of value.counts.entries()) sum.counts[at] = (sum.counts[at] ?? 0) + count;
  sum.sum += value.sum;
  all.set(key, { labels, value: sum });
}

function plainValue(value: Sample["value"]): PlainSample["value"] {
  if (typeof value === "number") return value;
  const { bounds, counts, sum } = value;
  return { bounds, counts, sum };
}
