// Reshape [..., M, N] -> [-1, M, N], Transpose of the last two, Reshape back: a Transpose of the last two alone.
// Exporters write this for the keys of attention, where it then merges with the transpose before it.
import { ints } from "../../graph/attribute.ts";
import { productOf, sameDim, sameShape } from "../../graph/dim.ts";
import { attributeOf, type Value } from "../../graph/graph.ts";
import type { TypedGraph } from "../../graph/typed-graph.ts";
import { defineRewrite } from "../rewrite.ts";

interface Match {
  readonly data: Value;
  readonly rank: number;
}

export const FOLDED_TRANSPOSE = defineRewrite<Match>({
  name: "Transpose of folded matrices",
  ops: ["Reshape"],
  match(last, { typed }) {
    const transpose = last.inputs[0]?.producer;
    const first = transpose?.op === "Transpose" ? transpose.inputs[0]?.producer : undefined;
    const [data] = first?.op === "Reshape" ? first.inputs : [];
    if (!data || !transpose || attributeOf(transpose, "perm", "ints")?.join() !== "0,2,1") return undefined;
    const [from, middle, to] = [data, first?.outputs[0], last.outputs[0]].map((value) =>
      shapeOf(value, typed),
    );
    if (!from || !middle || !to || from.length < 3 || middle.length !== 3) return undefined;
    const lead = from.slice(0, -2);
    const [rows = 0, columns = 0] = from.slice(-2);
    const folded = [productOf(lead), rows, columns];
    const swapped = [...lead, columns, rows];
    const known = middle.every((dim, axis) => sameDim(dim, folded[axis] ?? 0)) && sameShape(to, swapped);
    return known ? { data, rank: from.length } : undefined;
  },
  rewrite({ data, rank }, build) {
    const perm = Array.from({ length: rank }, (_, axis) => axis);
    return build.emit("Transpose", [data], { perm: ints([...perm.slice(0, -2), rank - 1, rank - 2]) });
  },
});

function shapeOf(value: Value | undefined, typed: TypedGraph) {
  const type = value && typed.knownType(value);
  return type?.kind === "tensor" ? type.shape : undefined;
}
