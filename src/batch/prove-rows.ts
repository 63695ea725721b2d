// The proof that a batch was freed rightly: the graph with the file's batch says what each row of random inputs gives; the
// freed graph must give each row the same at two other sizes, with other rows beside it and in other places.
// What that proves: rows do not depend on each other, on their place, or on how many there are. For a file with a batch
// of 1 the kept graph cannot mix rows, so it is the freed graph that would: no node of the file is taken away before.
// Not here: why it is not so (find-mixing.ts).
import type { TensorValue } from "../engine/engine.ts";
import type { BatchAxis } from "./batch-axis.ts";
import { areEqual, largestValue, onAxis, rowCount, takeRows } from "./rows.ts";
import type { RunnableGraph, Values } from "./runnable.ts";
import { DRAWS, type Draw, drawInputs, FREE_SIZES, type InputSpec } from "./sample-inputs.ts";

export interface Claim {
  readonly inputs: readonly InputSpec[];
  /** Where the batch is in each output; undefined for an output that is the same for all inputs. */
  readonly outputs: ReadonlyMap<string, BatchAxis | undefined>;
  /** The file's batch. */
  readonly baked: number;
}

/** How the claim fared: the sizes it held at, or why it is not believed. */
export type Verdict =
  | { readonly holds: true; readonly sizes: readonly number[] }
  | ({ readonly holds: false } & Refusal);

/** A smaller and a larger size than the file's, for a constant may hide in either direction; 2 and 3 for 1. */
function provenSizes(baked: number): readonly [number, number] {
  if (baked === 1) return [2, 3];
  return [baked === 2 ? 1 : 2, baked + 1];
}

export async function proveRows(kept: RunnableGraph, freed: RunnableGraph, claim: Claim): Promise<Verdict> {
  const known = await rowsOfKept(kept, claim);
  if ("reason" in known) return { holds: false, ...known };
  const sizes = provenSizes(claim.baked);
  let used = 0;
  for (const size of sizes) {
    const rows = mixedRows(used, size);
    used += size;
    const inputs = pickInputs(known.inputs, claim.inputs, rows);
    const reason = differs(known, await tried(freed, inputs), claim, rows);
    if (reason !== undefined)
      return { holds: false, reason: `with a batch of ${size} ${reason}`, inputs: known.inputs };
  }
  return { holds: true, sizes };
}

interface Refusal {
  readonly reason: string;
  /** Inputs that show it. */
  readonly inputs?: Values;
}

/** What the kept graph says of a number of rows. */
interface KnownRows {
  readonly count: number;
  readonly inputs: Values;
  readonly outputs: Values;
}

/** The first draw with which the graph runs and rows can be told apart; else why there is none. */
async function rowsOfKept(kept: RunnableGraph, claim: Claim): Promise<KnownRows | Refusal> {
  const hasFreeSizes = claim.inputs.some(({ shape, axis }) =>
    shape.some((size, at) => size === undefined && at !== axis),
  );
  let refusal: Refusal = { reason: "no inputs were drawn" };
  for (const free of hasFreeSizes ? FREE_SIZES : [1]) {
    for (const draw of DRAWS) {
      const known = await drawn(kept, claim, free, draw);
      if (!("reason" in known)) return known;
      refusal = known;
    }
  }
  return refusal;
}

async function drawn(
  kept: RunnableGraph,
  { inputs: specs, outputs: places, baked }: Claim,
  free: number,
  draw: Draw,
): Promise<KnownRows | Refusal> {
  const [first, second] = provenSizes(baked);
  const count = Math.ceil((first + second) / baked) * baked;
  const inputs = drawInputs(specs, count, free, draw);
  const parts: Values[] = [];
  for (let row = 0; row < count; row += baked) {
    const rows = Array.from({ length: baked }, (_, index) => row + index);
    const values = await tried(kept, pickInputs(inputs, specs, rows));
    if (typeof values === "string")
      return { reason: `the engine does not run it on random inputs: ${values}` };
    parts.push(values);
  }
  const outputs = new Map<string, TensorValue>();
  for (const [name, place] of places) {
    const values = parts.flatMap((part) => part.get(name) ?? []);
    const [first] = values;
    if (!first) return { reason: `output '${name}' is missing` };
    if (place && values.some((value) => rowCount(value, place) !== baked))
      return { reason: `output '${name}' has other rows` };
    if (!place && values.some((value) => !areEqual(value, first, largestValue(first))))
      return { inputs, reason: `output '${name}' has no batch and depends on the rows` };
    outputs.set(name, place ? joinRows(values, place) : first);
  }
  const known = { count, inputs, outputs };
  return tellsRowsApart(known, places) ? known : { reason: "its outputs are the same for all random inputs" };
}

function tellsRowsApart({ count, outputs }: KnownRows, places: Claim["outputs"]): boolean {
  return [...places].some(([name, place]) => {
    const value = outputs.get(name);
    if (!place || !value) return false;
    const first = takeRows(value, place, [0]);
    const scale = largestValue(value);
    return Array.from({ length: count }, (_, row) => row).some(
      (row) => !areEqual(first, takeRows(value, place, [row]), scale),
    );
  });
}

function joinRows(values: readonly TensorValue[], place: BatchAxis): TensorValue {
  const [first] = values as readonly [TensorValue]; // the caller has one
  if (values.length === 1) return first;
  // A row taken at once from each, which is what takeRows does with one value whose parts lie behind each other.
  const rows = values.flatMap((value) =>
    Array.from({ length: rowCount(value, place) ?? 0 }, (_, row) => takeRows(value, place, [row])),
  );
  return stackRows(rows, place);
}

/** Values of one row each as one value. */
function stackRows(rows: readonly TensorValue[], { axis, factor, inner }: BatchAxis): TensorValue {
  const [first] = rows as readonly [TensorValue]; // the caller has one
  const outer = first.shape.slice(0, axis).reduce((all, size) => all * size, 1) * (factor / inner);
  const width = outer === 0 ? 0 : first.data.byteLength / outer;
  const data = new Uint8Array(first.data.byteLength * rows.length);
  for (let group = 0; group < outer; group++) {
    for (const [at, row] of rows.entries()) {
      data.set(row.data.subarray(group * width, (group + 1) * width), (group * rows.length + at) * width);
    }
  }
  return { dtype: first.dtype, shape: first.shape.with(axis, rows.length * factor), data };
}

/** Rows from the first on in another order than they were drawn in: 2, 0, 1 of three. */
function mixedRows(first: number, size: number): number[] {
  return Array.from({ length: size }, (_, at) => first + ((at + size - 1) % size));
}

/** The inputs with these rows; inputs without a batch as they are. */
export function pickInputs(all: Values, specs: readonly InputSpec[], rows: readonly number[]): Values {
  return new Map(
    specs.flatMap(({ name, axis }) => {
      const value = all.get(name);
      if (!value) return [];
      return [[name, axis === undefined ? value : takeRows(value, onAxis(axis), rows)] as const];
    }),
  );
}

function differs(
  known: KnownRows,
  found: Values | string,
  claim: Claim,
  rows: readonly number[],
): string | undefined {
  if (typeof found === "string") return `the engine stops: ${found}`;
  for (const [name, place] of claim.outputs) {
    const all = known.outputs.get(name);
    const value = found.get(name);
    if (!all || !value) return `output '${name}' is missing`;
    const wanted = place ? takeRows(all, place, rows) : all;
    if (value.shape.join() !== wanted.shape.join())
      return `output '${name}' has the shape (${value.shape.join(", ")}), not (${wanted.shape.join(", ")})`;
    if (!areEqual(value, wanted, largestValue(all))) return `rows of output '${name}' change`;
  }
  return undefined;
}

async function tried(graph: RunnableGraph, inputs: Values): Promise<Values | string> {
  try {
    return await graph.run(inputs);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
