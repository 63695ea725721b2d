// What the conversion says of the batch: where it is in each input and output, and whether a server may join requests.
// Not here: how it is printed (cli/convert/print-conversion.ts).
import { type Dim, symbolsIn } from "../graph/dim.ts";
import type { Graph, Value } from "../graph/graph.ts";
import type { TypedGraph } from "../graph/typed-graph.ts";
import { shapeOf } from "./batch-options.ts";
import type { InputAxes } from "./free-graph.ts";
import type { Rows } from "./partly-free.ts";

/** What became of the batch. */
export type BatchOutcome =
  /** The file leaves it free. */
  | { readonly state: "free" }
  /** The file leaves it free in some inputs and fixes it in these, where it stays so. */
  | { readonly state: "partly"; readonly fixed: readonly Rows[]; readonly reason: string }
  /** The file fixes it; it was freed, and rows were equal at these sizes. */
  | { readonly state: "freed"; readonly size: number; readonly sizes: readonly number[]; readonly ms: number }
  /** The file fixes it, and it stays so. */
  | { readonly state: "kept"; readonly size: number; readonly reason: string }
  /** No input has one. */
  | { readonly state: "absent" };

export interface Settled {
  readonly graph: Graph;
  readonly outcome: BatchOutcome;
  /** Which axis of each input is the batch. */
  readonly axes: InputAxes;
}

/** Where the batch is in one input or output. */
export interface BatchPlace {
  readonly name: string;
  /** Undefined if it has no batch, or has it on an axis that is no multiple of it. */
  readonly axis: number | undefined;
  /** What the file calls the size there, such as `batch` or `s0`. */
  readonly size: string | undefined;
}

export interface BatchReport {
  readonly outcome: BatchOutcome;
  readonly inputs: readonly BatchPlace[];
  readonly outputs: readonly BatchPlace[];
  /**
   * Every input and output has the same free batch on axis 0, so that a server may join requests. If not, `whyNot` says
   * which has not.
   */
  readonly isJoinable: boolean;
  readonly whyNot: string | undefined;
}

/** `typed` is the model as it is converted. */
export function reportBatch({ outcome, axes }: Settled, typed: TypedGraph): BatchReport {
  const { graph } = typed;
  const inputs = graph.inputs.map((input) => place(input, axes.get(input.name), typed));
  const symbols = new Set(
    inputs.flatMap(({ size }) => (size !== undefined && !/^\d+$/.test(size) ? [size] : [])),
  );
  const outputs = graph.outputs.map((output) =>
    place(output, axisWith(symbols, shapeOf(output, typed) ?? []), typed),
  );
  const whyNot =
    outcome.state === "kept" || outcome.state === "absent"
      ? "the batch is not free"
      : obstacle(inputs, outputs, symbols);
  return { outcome, inputs, outputs, isJoinable: whyNot === undefined, whyNot };
}

function place(value: Value, axis: number | undefined, typed: TypedGraph): BatchPlace {
  const size = axis === undefined ? undefined : shapeOf(value, typed)?.[axis];
  return { name: value.name, axis, size: size === undefined ? undefined : String(size) };
}

/** The first axis whose size is one of the symbols, or is made of them. */
function axisWith(symbols: ReadonlySet<string>, shape: readonly Dim[]): number | undefined {
  const exact = shape.findIndex((dim) => symbols.has(String(dim)));
  if (exact >= 0) return exact;
  const made = shape.findIndex((dim) => [...symbolsIn(dim)].some((name) => symbols.has(name)));
  return made < 0 ? undefined : made;
}

function obstacle(
  inputs: readonly BatchPlace[],
  outputs: readonly BatchPlace[],
  symbols: ReadonlySet<string>,
): string | undefined {
  if (symbols.size > 1) return `the inputs' batches are of different sizes: ${[...symbols].join(", ")}`;
  for (const { name, axis, size } of [...inputs, ...outputs]) {
    if (axis === undefined) return `'${name}' has no batch`;
    if (axis !== 0) return `'${name}' has it on axis ${axis}`;
    if (size !== undefined && !symbols.has(size)) return `'${name}' has ${size} rows`;
  }
  return undefined;
}
