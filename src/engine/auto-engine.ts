// The engine that tries others: loads a version in each, compares what they answer and how fast, and keeps the fastest.
// The request is one of warm-up's: every free size is 1, so a model whose work grows with the batch is measured at one
// row. Engines that disagree are told, and the first one is kept: a faster wrong number is worth nothing.
// Not here: the engines (onnxruntime/, tensorflow/).
import { FerryError } from "../core/errors.ts";
import { firstDifference } from "./compare-outputs.ts";
import type { Engine, LoadedModel, LoadOptions, TensorValue } from "./engine.ts";
import { madeUpInputs } from "./made-up-inputs.ts";

/** Told what was measured and decided. */
export type Tell = (message: string) => void;

/** Runs before the first that counts: engines set up much with the first run of a shape. */
const WARM_UP_RUNS = 3;

/** Runs that count, of each engine in turn, unless the time is up before. */
const MEASURED_RUNS = 30;

/** How long measuring may hold up a version. */
const MEASURING_MS = 3_000;

/** One that answers no earlier than this is given up. */
const MAX_RUN_MS = 10_000;

interface Candidate {
  readonly engine: string;
  readonly model: LoadedModel;
  readonly times: number[];
  outputs: ReadonlyMap<string, TensorValue> | undefined;
}

/** `engines` in the order of preference. */
export function autoEngine(engines: readonly Engine[], tell: Tell): Engine {
  return {
    name: "auto",
    async load(directory, options = {}) {
      const candidates = await loadAll(engines, directory, options, tell);
      const name = options.name ?? directory;
      try {
        return await keepBest(candidates, name, tell);
      } catch (error) {
        await Promise.all(candidates.map(({ model }) => model.close()));
        throw error;
      }
    },
  };
}

/** One after the other, so that two copies of the weights are not read at once. Throws all reasons if none can. */
async function loadAll(
  engines: readonly Engine[],
  directory: string,
  options: LoadOptions,
  tell: Tell,
): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = [];
  const refusals: FerryError[] = [];
  for (const engine of engines) {
    try {
      const model = await engine.load(directory, options);
      candidates.push({ engine: engine.name, model, times: [], outputs: undefined });
    } catch (error) {
      if (!(error instanceof FerryError)) throw error;
      refusals.push(error);
      tell(`${options.name ?? directory}: not in ${engine.name}: ${error.message}`);
    }
  }
  const [first, ...rest] = refusals.flatMap((refusal) => refusal.problems);
  if (candidates.length === 0 && first) throw new FerryError([first, ...rest]);
  return candidates;
}

async function keepBest(candidates: readonly Candidate[], name: string, tell: Tell): Promise<LoadedModel> {
  if (candidates.length > 1) await measure(candidates);
  const working = candidates.filter(({ times }) => times.length > 0);
  const [first] = working.length > 0 ? working : candidates;
  if (!first) throw new Error(`${name}: no engine was given`);
  const other = working.find(
    (one) => one !== first && firstDifference(first.outputs, one.outputs) !== undefined,
  );
  const best = other ? first : working.reduce((a, b) => (median(b.times) < median(a.times) ? b : a), first);
  if (other) {
    const difference = firstDifference(first.outputs, other.outputs);
    tell(
      `${name}: ${first.engine} and ${other.engine} do not agree (${difference}); it runs in ${first.engine}`,
    );
  } else {
    const figures = working.map(({ engine, times }) => `${engine} ${median(times).toFixed(3)} ms`).join(", ");
    tell(`${name}: it runs in ${best.engine}${figures === "" ? "" : ` (${figures})`}`);
  }
  for (const candidate of candidates) if (candidate !== best) await candidate.model.close();
  return best.model;
}

/** Runs the same request in each, in turn. An engine that fails has no times. */
async function measure(candidates: readonly Candidate[]): Promise<void> {
  const [first] = candidates;
  const signature = [...(first?.model.signatures.values() ?? [])].find(
    (one) => madeUpInputs(one) !== undefined,
  );
  const inputs = signature && madeUpInputs(signature);
  if (!signature || !inputs) return;
  const failed = new Set<Candidate>();
  const begin = performance.now();
  for (let turn = -WARM_UP_RUNS; turn < MEASURED_RUNS; turn += 1) {
    if (turn > 0 && performance.now() - begin > MEASURING_MS) return;
    for (const candidate of candidates) {
      if (failed.has(candidate)) continue;
      const started = performance.now();
      const signal = AbortSignal.timeout(MAX_RUN_MS);
      try {
        candidate.outputs = await candidate.model.run(signature.name, inputs, [], { signal });
        if (turn >= 0) candidate.times.push(performance.now() - started);
      } catch (error) {
        if (!(error instanceof FerryError)) throw error;
        failed.add(candidate); // the request is a guess: what it says is that this engine cannot be measured
        candidate.times.length = 0;
      }
    }
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
}
