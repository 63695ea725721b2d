// Element types and shapes of a call's results from those of its arguments, for files that do not state them.
// Source: https://github.com/pytorch/pytorch/blob/main/torch/jit/_shape_functions.py says the same for shapes.
// Not here: what the call becomes in ONNX (rules/).
import type { Dim } from "../../../graph/dim.ts";
import type { RankedType } from "../../../graph/typed-graph.ts";
import type { Facts } from "../argument.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import { FACTORIES } from "./factories.ts";
import { INDEXING } from "./indexing.ts";
import type { InferTable } from "./infer.ts";
import { JOINS } from "./joins.ts";
import { LAYERS } from "./layers.ts";
import { LAYOUT } from "./layout.ts";
import { LINEAR_ALGEBRA } from "./linear-algebra.ts";
import { MATRICES } from "./matrices.ts";
import { REDUCTIONS } from "./reductions.ts";
import { SPECTRA } from "./spectra.ts";
import { WINDOWS } from "./windows.ts";

const TABLE: InferTable = {
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...MATRICES,
  ...LINEAR_ALGEBRA,
  ...LAYERS,
  ...LAYOUT,
  ...JOINS,
  ...WINDOWS,
  ...INDEXING,
  ...FACTORIES,
  ...SPECTRA,
};

/** In-place operators after which the tensor has another shape. */
const RESHAPED = new Set([
  "squeeze_",
  "unsqueeze_",
  "t_",
  "transpose_",
  "swapaxes_",
  "swapdims_",
  "as_strided_",
]);

/**
 * Types of the results in order, lists flattened; undefined if nothing is known of the operator. Throws Refusal where
 * a size cannot be told. `fresh` makes a symbol for a size that only running tells.
 */
export function resultTypes(call: Facts, fresh: () => Dim): readonly RankedType[] | undefined {
  const { name } = call;
  const isDunder = /^__i(and|or|xor|lshift|rshift)__$/.test(name);
  const writes = isDunder || (name.endsWith("_") && !name.endsWith("__"));
  const functional = isDunder ? `__${name.slice(3)}` : writes ? name.slice(0, -1) : name;
  const infer = Object.hasOwn(TABLE, functional) ? TABLE[functional] : undefined;
  if (!infer || !writes || RESHAPED.has(name)) return infer?.(call, fresh);
  // What is written into keeps its type, whatever is written.
  return [call.type(call.schema?.arguments.find((argument) => argument.written)?.name ?? "self")];
}
