// Which signatures' requests may run together: those whose every input and output has the batch on axis 0.
// Not here: whether the model's rows really do not depend on each other (check-rows.ts).
import type { Signature, TensorSpec } from "../../model/signature.ts";

/** Why requests of a signature cannot be joined, as the end of a sentence; undefined if they can. */
export function whyNotJoinable({ inputs, outputs }: Signature): string | undefined {
  if (inputs.length === 0) return "it has no inputs";
  const all = [
    ...inputs.map((spec) => ["input", spec] as const),
    ...outputs.map((spec) => ["output", spec] as const),
  ];
  for (const [kind, spec] of all) {
    const reason = whyNot(spec);
    if (reason) return `${kind} '${spec.key}' ${reason}`;
  }
  return undefined;
}

function whyNot({ dtype, shape }: TensorSpec): string | undefined {
  if (!dtype) return "has a dtype that is not known here";
  if (!shape) return "has no known rank";
  if (shape.length === 0) return "is a scalar";
  return shape[0] === -1 ? undefined : `has ${shape[0]} rows, and no more`;
}
