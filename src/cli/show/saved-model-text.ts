// The text of `show`: tag sets, signatures and operators, letter by letter as saved_model_cli 2.21 prints them.
// Invariant: where Python prints a set, whose order is random, ours is sorted.
// Not here: reading the file (model/read-saved-model.ts), the flags (commands/show.ts).
import { tensorflowName } from "../../bytes/protobuf/tensorflow-dtypes.ts";
import type { MetaGraphSummary, SavedModelSummary } from "../../model/read-saved-model.ts";
import { byCodePoint } from "../../model/read-saved-model.ts";
import type { Signature, TensorSpec } from "../../model/signature.ts";
import { listRepr, stringRepr } from "../python/repr.ts";

/** `show` without flags: the tag sets, one a line. */
export function tagSetLines(model: SavedModelSummary): string[] {
  const sets = model.metaGraphs.map(({ tags }) => [...tags]).sort(compareLists);
  return [
    "The given SavedModel contains the following tag-sets:",
    ...sets.map((tags) => stringRepr(tags.sort(byCodePoint).join(", "))),
  ];
}

/** `show --tag_set`: the names of the signatures. */
export function signatureKeyLines(graph: MetaGraphSummary): string[] {
  return [
    "The given SavedModel MetaGraphDef contains SignatureDefs with the following keys:",
    ...graph.signatures.map(({ name }) => `SignatureDef key: "${name}"`),
  ];
}

/** `show --tag_set --signature_def`: inputs, outputs, method. */
export function signatureLines(signature: Signature): string[] {
  return [
    "The given SavedModel SignatureDef contains the following input(s):",
    ...signature.inputs.flatMap((spec) => tensorLines("inputs", spec)),
    "The given SavedModel SignatureDef contains the following output(s):",
    ...signature.outputs.flatMap((spec) => tensorLines("outputs", spec)),
    `Method name is: ${signature.methodName}`,
  ];
}

/** `show --list_ops`. */
export function operatorLines(graph: MetaGraphSummary): string[] {
  const ops = graph.ops.length === 0 ? "set()" : `{${graph.ops.map(stringRepr).join(", ")}}`;
  return [`The MetaGraph with tag set ${listRepr(graph.tags)} contains the following ops: ${ops}`];
}

/** `show --all`: everything of every graph. */
export function allLines(model: SavedModelSummary): string[] {
  const graphs = [...model.metaGraphs].sort((a, b) => compareLists(a.tags, b.tags));
  return graphs.flatMap((graph) => [
    "",
    `MetaGraphDef with tag-set: '${graph.tags.join(", ")}' contains the following SignatureDefs:`,
    ...graph.signatures.flatMap((signature) => [
      "",
      `signature_def['${signature.name}']:`,
      ...signatureLines(signature).map((line) => `  ${line}`),
    ]),
    ...operatorLines(graph),
  ]);
}

function tensorLines(side: "inputs" | "outputs", spec: TensorSpec): string[] {
  return [
    `  ${side}['${spec.key}'] tensor_info:`,
    `      dtype: ${tensorflowName(spec.tensorflowDtype)}`,
    `      shape: ${spec.shape ? `(${spec.shape.join(", ")})` : "unknown_rank"}`,
    `      name: ${spec.tensorName}`,
  ];
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = byCodePoint(a[at] ?? "", b[at] ?? "");
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
