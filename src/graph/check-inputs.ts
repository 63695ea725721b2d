// Whether a node has the inputs that its operator must have. Not here: whether their types fit (operators/).
import type { Node } from "./graph.ts";
import { IllTyped } from "./operators/definition.ts";
import { INPUT_COUNTS } from "./operators/input-counts.ts";

/** Throws IllTyped for an operator of ai.onnx that lacks a required input, or has more than it knows of. */
export function checkInputs({ domain, op, inputs }: Node): void {
  const counts = domain === "" && Object.hasOwn(INPUT_COUNTS, op) ? INPUT_COUNTS[op] : undefined;
  if (!counts) return;
  const [required, most] = counts;
  for (let index = 0; index < required; index++) {
    if (!inputs[index]) throw new IllTyped(`input ${index} of ${required} that it must have is missing`);
  }
  if (most !== "any" && inputs.length > most) {
    throw new IllTyped(`it has ${inputs.length} inputs, ${most} at most are known`);
  }
}
