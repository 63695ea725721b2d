// What results of a user's rules claim to be: the types that the file states of them. What the nodes really compute is
// known when the graph is whole; where both differ, the rule is wrong.
import type { Problem } from "../../core/errors.ts";
import { type Place, RuleFault } from "../../core/rule-fault.ts";
import type { Graph, Value } from "../../graph/graph.ts";
import { inferTypes } from "../../graph/infer-types.ts";
import { type TensorType, typeText, type ValueType } from "../../graph/type.ts";

export interface Claim {
  readonly value: Value;
  readonly type: ValueType | undefined;
  readonly rule: string;
  readonly place: Place;
}

/** A problem for each claim that does not hold. Throws NODE_ILL_TYPED where nodes do not even fit together. */
export function brokenClaims(graph: Graph, claims: readonly Claim[]): Problem[] {
  if (claims.length === 0) return [];
  for (const { value } of claims) if (value.producer) value.type = undefined; // else inference would believe it
  const typed = inferTypes(graph);
  const problems = claims.flatMap(({ value, type, rule, place }) => {
    const found = typed.knownType(value);
    if (!found || !type || agree(found, type)) return [];
    const wanted = `${typeText(type)}, which the model states,`;
    return [RuleFault.gave(rule, typeText(found), wanted).problemAt(place)];
  });
  for (const { value, type } of claims) value.type ??= type;
  return problems;
}

function agree(found: ValueType, wanted: ValueType): boolean {
  if (found.kind !== "tensor" || wanted.kind !== "tensor") return found.kind === wanted.kind;
  return found.dtype === wanted.dtype && sameSizes(found, wanted);
}

/** Sizes that are numbers must be equal; what symbols stand for is not compared. */
function sameSizes({ shape: found }: TensorType, { shape: wanted }: TensorType): boolean {
  if (!found || !wanted) return true;
  if (found.length !== wanted.length) return false;
  return found.every((size, axis) => {
    const other = wanted[axis];
    return typeof size !== "number" || typeof other !== "number" || size === other;
  });
}
