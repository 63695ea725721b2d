// Finds the operator at which a converted model parts from its source. Two searches in turn:
// - By bisection over values that both sides compute, the first that differs when each side computes from the inputs.
//   A deep network's rounding grows, so that such a value is a suspect, not a culprit.
// - The suspect alone: the nodes between it and the nearest values before it, fed with the reference's own values. If it
//   differs then, it is the culprit; if not, the search goes on with those of the values before it that differ.
// Invariant: a culprit's output differs although its inputs are the reference's.
// Not here: how values are computed (source.ts, engines.ts), what is told of the culprit (reproduce.ts).
import type { TensorValue } from "../engine/engine.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { type Tensor, tensorFromBytes, tensorFromStrings } from "../tensor/tensor.ts";
import { type Comparison, compareTensors } from "./compare.ts";
import { before, cutBefore, partOf } from "./part-of.ts";

/** Computes values of the graph, by their own names, from the model's inputs. Missing ones are left out. */
export type Compute = (values: readonly Value[]) => Promise<ReadonlyMap<Value, TensorValue>>;

export interface Sides {
  /** The converted model. */
  readonly graph: Graph;
  /** Values that both sides can compute, in the order of the graph; not the graph's inputs. */
  readonly aligned: readonly Value[];
  readonly reference: Compute;
  readonly subject: Compute;
  /** Computes a part of the graph on the subject's side. */
  part(graph: Graph, feeds: ReadonlyMap<string, TensorValue>): Promise<ReadonlyMap<string, TensorValue>>;
  /** The model's inputs, which both sides take as they are. */
  readonly inputs: ReadonlyMap<Value, TensorValue>;
  readonly tolerance: number | undefined;
}

export interface Culprit {
  readonly value: Value;
  /** The nodes that compute it, as a graph of their own. */
  readonly part: Graph;
  /** The reference's values of the part's inputs, in order. */
  readonly inputs: readonly TensorValue[];
  readonly expected: TensorValue;
  readonly found: TensorValue | undefined;
  readonly comparison: Comparison;
}

export type Difference =
  | { readonly kind: "culprit"; readonly culprit: Culprit }
  /** Every suspect alone is equal: `value` is the first whose difference is more than its operators make. */
  | { readonly kind: "accumulated"; readonly value: Value; readonly comparison: Comparison }
  /** The two sides give the same output, whatever else it was compared with. */
  | { readonly kind: "none" };

/** Values that are compared in one run of both sides: few, since they are held in memory, but more than one. */
const VALUES_AT_ONCE = 15;

/** Searches behind `output`, an output of the graph that differs; it is one of the aligned values. */
export async function findDifference(sides: Sides, output: Value): Promise<Difference> {
  const search = new Search(sides);
  if ((await search.compare(output)).isEqual) return { kind: "none" };
  const pending = [output];
  const tried = new Set<Value>();
  let first: Difference | undefined;
  for (let from = pending.pop(); from; from = pending.pop()) {
    const suspect = await search.firstDifferent(from);
    if (tried.has(suspect)) continue;
    tried.add(suspect);
    const culprit = await search.alone(suspect);
    if (!culprit.comparison.isEqual) return { kind: "culprit", culprit };
    first ??= { kind: "accumulated", value: suspect, comparison: await search.compare(suspect) };
    pending.push(...(await search.differentBefore(suspect)).filter((value) => !tried.has(value)));
  }
  return first ?? { kind: "none" };
}

class Search {
  private readonly sides: Sides;
  private readonly place: ReadonlyMap<Value, number>;
  private readonly wanted: Map<Value, TensorValue>;
  private readonly found: Map<Value, TensorValue>;

  constructor(sides: Sides) {
    this.sides = sides;
    this.place = new Map(sides.aligned.map((value, index) => [value, index]));
    this.wanted = new Map(sides.inputs);
    this.found = new Map(sides.inputs);
  }

  /** A value that differs, at or before `last`, such that the ones compared before it do not. */
  async firstDifferent(last: Value): Promise<Value> {
    const behind = before(last);
    const chain = this.sides.aligned.filter((value) => behind.has(value));
    let [low, high] = [-1, chain.length - 1];
    while (high - low > 1) {
      const places = spread(low, high);
      await this.fetch(places.flatMap((at) => chain[at] ?? []));
      const differing = await Promise.all(
        places.map(async (at) => {
          const value = chain[at];
          return value !== undefined && !(await this.compare(value)).isEqual;
        }),
      );
      const first = differing.indexOf(true);
      low = (first === -1 ? places.at(-1) : places[first - 1]) ?? low;
      high = (first === -1 ? undefined : places[first]) ?? high;
      this.forgetAllBut(chain[high]);
    }
    return chain[high] ?? last;
  }

  /** The suspect's own nodes, fed with the reference's values. */
  async alone(suspect: Value): Promise<Culprit> {
    const cut = this.cutOf(suspect);
    await this.fetchWanted([...cut, suspect]);
    const part = partOf(this.sides.graph, cut, [suspect]);
    const inputs = cut.map((value) => this.wantedOf(value));
    const feeds = new Map(cut.map((value, index) => [value.name, inputs[index] as TensorValue])); // as many as cut
    const expected = this.wantedOf(suspect);
    const found = (await this.sides.part(part, feeds)).get(suspect.name);
    return { value: suspect, part, inputs, expected, found, comparison: this.judge(found, expected) };
  }

  /** The values that the suspect is computed from and that differ themselves, the earliest last. */
  async differentBefore(suspect: Value): Promise<Value[]> {
    const cut = this.cutOf(suspect).filter((value) => this.place.has(value));
    await this.fetch(cut);
    const differing: Value[] = [];
    for (const value of cut) if (!(await this.compare(value)).isEqual) differing.push(value);
    return differing.sort((a, b) => (this.place.get(b) ?? 0) - (this.place.get(a) ?? 0));
  }

  /** Both sides' values, each computed from the model's inputs. */
  async compare(value: Value): Promise<Comparison> {
    await this.fetch([value]);
    return this.judge(this.found.get(value), this.wantedOf(value));
  }

  private judge(found: TensorValue | undefined, wanted: TensorValue): Comparison {
    const nothing: TensorValue = { dtype: wanted.dtype, shape: [-1], data: new Uint8Array() };
    return compareTensors(found ?? nothing, asTensor(wanted), this.sides.tolerance);
  }

  private cutOf(value: Value): Value[] {
    return cutBefore(value, (candidate) => this.place.has(candidate) || this.sides.inputs.has(candidate));
  }

  private wantedOf(value: Value): TensorValue {
    const wanted = this.wanted.get(value);
    if (!wanted) throw new Error(`the source does not compute ${value.name}`);
    return wanted;
  }

  private async fetch(values: readonly Value[]): Promise<void> {
    await this.fetchWanted(values);
    const missing = values.filter((value) => !this.found.has(value));
    if (missing.length === 0) return;
    for (const [value, found] of await this.sides.subject(missing)) this.found.set(value, found);
  }

  private async fetchWanted(values: readonly Value[]): Promise<void> {
    const missing = values.filter((value) => !this.wanted.has(value));
    if (missing.length === 0) return;
    for (const [value, wanted] of await this.sides.reference(missing)) this.wanted.set(value, wanted);
  }

  /** Intermediate values of a large model are large; what is needed again is computed again. */
  private forgetAllBut(kept: Value | undefined): void {
    for (const values of [this.wanted, this.found]) {
      for (const value of values.keys()) {
        if (value !== kept && !this.sides.inputs.has(value)) values.delete(value);
      }
    }
  }
}

/** Places strictly between two, evenly spaced. */
function spread(low: number, high: number): number[] {
  const count = Math.min(VALUES_AT_ONCE, high - low - 1);
  return Array.from({ length: count }, (_, index) =>
    Math.floor(low + ((index + 1) * (high - low)) / (count + 1)),
  );
}

/** A value in memory as a tensor. */
export function asTensor({ dtype, shape, data, strings }: TensorValue): Tensor {
  return strings ? tensorFromStrings(shape, strings) : tensorFromBytes(dtype, shape, data);
}
