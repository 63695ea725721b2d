// A batch that the file leaves free in some inputs and fixes in others, as torch.export does where one input alone
// broadcasts: the graph with the fixed size in all of them, which can then be freed as if the file fixed it everywhere.
// Not here: whether the inputs have their batch in common (prove-rows.ts).
import { copyGraph } from "../graph/copy-graph.ts";
import { type Dim, substitute, symbolName, symbolsIn } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { forgetTypes } from "../graph/infer-types.ts";
import { tensorType } from "../graph/type.ts";
import { type Declared, shapeOf } from "./batch-options.ts";
import type { InputAxes } from "./free-graph.ts";

/** An input with its size along the batch. */
export interface Rows {
  readonly input: string;
  readonly size: Dim;
}

/** Fewer may be meant for all samples. */
const MIN_ROWS = 2;

export function rowsAt(declared: Declared, axes: InputAxes): Rows[] {
  return declared.graph.inputs.flatMap((input) => {
    const axis = axes.get(input.name);
    const size = axis === undefined ? undefined : shapeOf(input, declared)?.[axis];
    return size === undefined ? [] : [{ input: input.name, size }];
  });
}

export type FixedThroughout = { readonly graph: Graph } | { readonly reason: string };

/** A copy of the graph in which the free inputs have as many rows as the fixed ones, or why there is none. */
export function fixedThroughout(declared: Declared, axes: InputAxes): FixedThroughout {
  const sizes = rowsAt(declared, axes).map(({ size }) => size);
  const numbers = [...new Set(sizes.filter((size) => typeof size === "number"))];
  const symbols = [...new Set(sizes.filter((size) => typeof size !== "number").map(String))];
  const [rows = 0] = numbers;
  const name = sizes.map(symbolName).find((found) => found !== undefined);
  if (numbers.length > 1) return { reason: `they are of different sizes, ${numbers.join(" and ")}` };
  if (rows < MIN_ROWS) return { reason: "one row may be meant for all samples" };
  if (symbols.length !== 1 || name === undefined)
    return { reason: `the free inputs have ${symbols.join(" and ")} rows` };
  if (isElsewhere(declared, axes, name)) return { reason: `${name} is the size of another axis too` };
  const { graph } = copyGraph(declared.graph);
  forgetTypes(graph);
  const fixed = (other: string): Dim | undefined => (other === name ? rows : undefined);
  for (const input of graph.inputs) {
    const { type } = input;
    if (type?.kind !== "tensor" || !type.shape) continue;
    input.type = tensorType(
      type.dtype,
      type.shape.map((dim) => substitute(dim, fixed)),
    );
  }
  return { graph };
}

function isElsewhere(declared: Declared, axes: InputAxes, name: string): boolean {
  return declared.graph.inputs.some((input) =>
    shapeOf(input, declared)?.some((dim, axis) => axis !== axes.get(input.name) && symbolsIn(dim).has(name)),
  );
}
