// Decides what becomes of a model's batch before it is converted: free as the file has it, freed and proved, or kept with
// the node that holds it.
// Not here: freeing (free-graph.ts), the proof (prove-rows.ts), what is printed of it (cli/convert).
import { fail, type Problem, problem, raise } from "../core/errors.ts";
import type { Graph, Node } from "../graph/graph.ts";
import { inferTypes } from "../graph/infer-types.ts";
import type { TypedGraph } from "../graph/typed-graph.ts";
import { whereIs } from "../graph/where.ts";
import type { Evaluate } from "../passes/pass.ts";
import { REMOVE_DEAD_NODES } from "../passes/remove-dead-nodes.ts";
import { batchAxisOf } from "./batch-axis.ts";
import {
  axesOfSymbol,
  type BatchAxes,
  type BatchMode,
  checkBatchAxes,
  type Declared,
  guessAxes,
  isWanted,
  shapeOf,
  statedAxes,
} from "./batch-options.ts";
import { findMixing } from "./find-mixing.ts";
import { type FreedGraph, freeGraph, type InputAxes } from "./free-graph.ts";
import { type KnownValues, mixingNode } from "./mixing-axes.ts";
import { fixedThroughout, type Rows, rowsAt } from "./partly-free.ts";
import { type Claim, proveRows, type Verdict } from "./prove-rows.ts";
import type { Settled } from "./report-batch.ts";
import type { WithGraphs } from "./runnable.ts";
import { inputSpecs } from "./sample-inputs.ts";
import { OTHER_SIZES, Sizes } from "./sizes.ts";
import { type UnmovedOutput, unmovedOutput } from "./unmoved-outputs.ts";
import { Visits } from "./widen.ts";
import { AnotherInput, HeldByNode } from "./workbench.ts";

export interface BatchOptions {
  readonly file: string;
  /** `auto` by default. */
  readonly batch?: BatchMode;
  readonly batchAxis?: BatchAxes;
  readonly evaluate?: Evaluate;
  /** Runs graphs for the proof; without it no batch is freed. */
  readonly withGraphs?: WithGraphs;
  /** Hears, before the first run, how many bytes of weights the proof loads. */
  readonly onProof?: (byteLength: number) => void;
  /** Reads the model again, a trace with the sizes of its example. */
  readonly readExample?: () => Promise<Graph>;
}

/** Proofs are runs of the whole model; each reading of ambiguous shapes takes one. */
const MAX_TRIALS = 6;

/**
 * Throws BATCH_AXIS_MISFIT for axes that the inputs do not have, BATCH_FIXED where `dynamic` demands what cannot be
 * proved, NODE_ILL_TYPED for a graph that is no good.
 */
export async function settleBatch(graph: Graph, options: BatchOptions): Promise<Settled> {
  const { file, batch = "auto", batchAxis = {} } = options;
  const declared: Declared = { graph, knownType: (value) => value.type };
  checkBatchAxes(declared, file, batchAxis);
  if (graph.assumedBatch && batch !== "keep" && options.withGraphs && options.readExample) {
    const settled = await proveAssumed(inferTypes(graph), graph.assumedBatch, options, options.withGraphs);
    return settled ?? (await settleBatch(await options.readExample(), options));
  }
  const stated = statedAxes(declared, batchAxis);
  const rows = rowsAt(declared, stated);
  const fixed = rows.filter(({ size }) => typeof size === "number");
  if (fixed.length < rows.length) {
    if (fixed.length === 0) return { graph, axes: stated, outcome: { state: "free" } };
    return await settlePartly(declared, stated, fixed, options);
  }
  const size = fixed[0]?.size;
  if (typeof size !== "number") return { graph, axes: stated, outcome: { state: "absent" } };
  if (batch === "keep") {
    return { graph, axes: stated, outcome: { state: "kept", size, reason: "--batch keep says so" } };
  }
  const settled = await free(inferTypes(graph), options);
  if (batch === "dynamic" && settled.outcome.state === "kept") {
    fail("BATCH_FIXED", { file, size: settled.outcome.size, reason: settled.outcome.reason });
  }
  return settled;
}

/** What is free in some inputs and fixed in others. It is freed everywhere, or stays as it is. */
async function settlePartly(
  declared: Declared,
  axes: InputAxes,
  fixed: readonly Rows[],
  options: BatchOptions,
): Promise<Settled> {
  const { file, batch } = options;
  const freed =
    batch === "keep" ? { reason: "--batch keep says so" } : await freeRest(declared, axes, options);
  if ("graph" in freed) return freed;
  if (batch === "dynamic") demandFree(file, axes, fixed);
  return { graph: declared.graph, axes, outcome: { state: "partly", fixed, reason: freed.reason } };
}

async function freeRest(
  declared: Declared,
  axes: InputAxes,
  options: BatchOptions,
): Promise<Settled | { readonly reason: string }> {
  const throughout = fixedThroughout(declared, axes);
  if ("reason" in throughout) return throughout;
  const settled = await free(inferTypes(throughout.graph), options);
  const { outcome } = settled;
  return outcome.state === "kept" ? { reason: outcome.reason } : settled;
}

/** The graph as it was read, if what the reader took for the batch is one; undefined if rows depend on each other. */
async function proveAssumed(
  typed: TypedGraph,
  { symbol, size }: NonNullable<Graph["assumedBatch"]>,
  options: BatchOptions,
  withGraphs: WithGraphs,
): Promise<Settled | undefined> {
  const begin = performance.now();
  const { graph } = typed;
  const axes = axesOfSymbol(typed, symbol);
  const inputs = isWanted(typed, axes, options.batchAxis ?? {}) ? inputSpecs(typed, axes) : undefined;
  if (!inputs) return undefined;
  const sizes = new Sizes(symbol, size);
  REMOVE_DEAD_NODES.run(graph, typed, {});
  const known: KnownValues = {
    shapeOf: (value) => shapeOf(value, typed),
    contentsOf: (value) => value && typed.contentsOf(value),
  };
  if (mixingNode(graph, known, sizes) || unmovedOutput(graph, size, known.shapeOf)) return undefined;
  const outputs = new Map(
    graph.outputs.map((output) => [output.name, batchAxisOf(shapeOf(output, typed) ?? [], sizes)]),
  );
  options.onProof?.(weightBytes(graph));
  const verdict = await proved([graph], { inputs, outputs, baked: size }, withGraphs);
  if (!verdict.holds) return undefined;
  const ms = performance.now() - begin;
  return { graph, axes, outcome: { state: "freed", size, sizes: verdict.sizes, ms } };
}

/** Runs the proof on [kept, freed], or on one graph that is both. What the engine throws is a reason. */
async function proved(graphs: readonly Graph[], claim: Claim, withGraphs: WithGraphs): Promise<Verdict> {
  try {
    return await withGraphs(
      graphs,
      async ([kept, freed = kept]): Promise<Verdict> =>
        kept && freed ? proveRows(kept, freed, claim) : { holds: false, reason: "nothing runs" },
    );
  } catch (error) {
    return { holds: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Throws BATCH_FIXED for inputs that have it fixed beside others that have it free. */
function demandFree(file: string, axes: InputAxes, fixed: readonly Rows[]): void {
  const problems: Problem[] = fixed.map(({ input, size }) => {
    const reason = `axis ${axes.get(input)} of input '${input}' is, those of others are not (--batch-axis ${input}=none says that it has none)`;
    return problem("BATCH_FIXED", { file, size: Number(size), reason });
  });
  raise(problems);
}

interface Guess {
  readonly axes: InputAxes;
  readonly size: number;
}

async function free(typed: TypedGraph, options: BatchOptions): Promise<Settled> {
  const { graph } = typed;
  const begin = performance.now();
  const guesses = guessAxes(typed, options.batchAxis ?? {});
  let reason: string | undefined;
  const visits = new Visits();
  for (const guess of guesses) {
    const tried = await trial(typed, guess, { ...options, visits });
    if ("freed" in tried) {
      const ms = performance.now() - begin;
      const { freed, axes, sizes } = tried;
      return { graph: freed.graph, axes, outcome: { state: "freed", size: guess.size, sizes, ms } };
    }
    reason ??= tried.reason;
  }
  const { axes = new Map(), size = 0 } = guesses[0] ?? {};
  return { graph, axes, outcome: { state: "kept", size, reason: reason ?? "no input has one" } };
}

interface TrialOptions extends BatchOptions {
  /** Those of all trials of a model. */
  readonly visits: Visits;
}
type Trial = (Freed & { readonly sizes: readonly number[] }) | Refused;
type Freed = { readonly freed: FreedGraph; readonly axes: InputAxes };
type Refused = { readonly reason: string };

/** Frees and proves; a proof that fails takes back what was guessed on the way, as often as MAX_TRIALS says. */
async function trial(typed: TypedGraph, guess: Guess, options: TrialOptions): Promise<Trial> {
  const { withGraphs } = options;
  if (!withGraphs) return { reason: "there is no engine to prove it with" };
  const found = candidate(typed, guess, options);
  if ("reason" in found) return found;
  const { axes } = found;
  const inputs = inputSpecs(typed, axes);
  if (!inputs) return { reason: "an input is no tensor of numbers, or steers an operator" };
  options.onProof?.(weightBytes(typed.graph));
  let reason: string | undefined;
  let freed: FreedGraph | undefined = found.freed;
  for (let left = MAX_TRIALS; freed && left > 0; left--) {
    const claim = { inputs, outputs: freed.outputs, baked: guess.size };
    const verdict = await proved([typed.graph, freed.graph], claim, withGraphs);
    if (verdict.holds) return { freed, axes, sizes: verdict.sizes };
    const node: Node | undefined =
      verdict.inputs && (await findMixing(freed, inputs, verdict.inputs, withGraphs));
    reason ??= node ? `${named(node)} makes rows depend on each other` : verdict.reason;
    freed = another(freed, node);
  }
  return { reason: reason ?? "nothing was proved" };
}

/** The next reading of the shapes, if there is one. */
function another(freed: FreedGraph, node: Node | undefined): FreedGraph | undefined {
  try {
    return freed.other(node);
  } catch (error) {
    if (error instanceof HeldByNode || error instanceof AnotherInput) return undefined;
    throw error;
  }
}

/** A freed graph with one of OTHER_SIZES, or why there is none with the last of them. */
function candidate(typed: TypedGraph, guess: Guess, options: TrialOptions): Freed | Refused {
  const [likeliest, other] = OTHER_SIZES;
  const first = candidateWith(likeliest, typed, guess, options);
  return "reason" in first && hasOtherSizes(typed) ? candidateWith(other, typed, guess, options) : first;
}

function hasOtherSizes(typed: TypedGraph): boolean {
  return typed.graph.inputs.some((input) => shapeOf(input, typed)?.some((dim) => typeof dim !== "number"));
}

/** A freed graph, inputs taken in that turn out to have the batch too. */
function candidateWith(
  firstOther: number,
  typed: TypedGraph,
  guess: Guess,
  { evaluate, visits }: TrialOptions,
): Freed | Refused {
  const axes = new Map(guess.axes);
  const symbol = freshName(typed);
  for (let left = typed.graph.inputs.length; left >= 0; left--) {
    try {
      const freed = freeGraph(typed, { ...guess, axes, symbol, evaluate, visits, firstOther });
      const unmoved = unmovedOutput(freed.graph, guess.size, (value) => freed.types.shapeOf(value));
      return unmoved ? { reason: unmovedReason(unmoved, guess.size) } : { freed, axes };
    } catch (error) {
      if (error instanceof HeldByNode) return { reason: `${named(error.node)} holds it: ${error.message}` };
      if (!(error instanceof AnotherInput)) throw error;
      if (isState(typed, error.input))
        return { reason: `the state '${error.input}' is kept for as many samples` };
      if (axes.has(error.input)) return { reason: `input '${error.input}' would have it twice` };
      axes.set(error.input, error.axis);
    }
  }
  return { reason: "no input is left" };
}

function unmovedReason({ name, node, axis }: UnmovedOutput, size: number): string {
  const output = node ? `${named(node)} makes output '${name}' that` : `output '${name}'`;
  return `${output} is the same for all inputs: its axis ${axis} of ${size} may be the batch or not`;
}

function weightBytes(graph: Graph): number {
  const tensors = new Set(graph.nodes.flatMap((node) => node.inputs.map((input) => input?.initializer)));
  return [...tensors].reduce((sum, tensor) => sum + (tensor?.byteLength ?? 0), 0);
}

function isState({ graph }: TypedGraph, input: string): boolean {
  return graph.states.some((state) => graph.inputs[state.input]?.name === input);
}

function named(node: Node): string {
  return `${node.operator} ${whereIs(node)}`;
}

/** A name for the batch that no size of the inputs has. */
function freshName(typed: TypedGraph): string {
  const taken = new Set(typed.graph.inputs.flatMap((input) => (shapeOf(input, typed) ?? []).map(String)));
  let name = "batch";
  while (taken.has(name)) name = `${name}_`;
  return name;
}
