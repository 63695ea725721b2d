// Key and value heads repeated so that there are as many as query heads (grouped query attention).
import { type Dim, divideExactly, floorDivDims } from "../../graph/dim.ts";
import type { Value } from "../../graph/graph.ts";
import type { Call } from "./call.ts";

/** [..., kv, S, E] -> [..., heads, S, E], each head `heads / kv` times in a row. */
export function repeatHeads(call: Call, name: "key" | "value"): Value {
  const shape = call.shape(name);
  const heads = call.shape("query").at(-3) as Dim;
  const own = shape.at(-3) as Dim;
  const times = divideExactly(heads, own) ?? floorDivDims(heads, own);
  if (times === 1) return call.tensor(name);
  const at = shape.length - 2;
  const spread = [...shape.slice(0, at), times, ...shape.slice(at)];
  const single = [...shape.slice(0, at), 1, ...shape.slice(at)];
  const expanded = call.expand(call.unsqueeze(call.tensor(name), at), single, spread);
  return call.reshape(expanded, spread, [...shape.slice(0, at - 1), heads, ...shape.slice(at)]);
}
