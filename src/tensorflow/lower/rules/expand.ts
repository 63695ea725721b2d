// Expand and Tile. Expand broadcasts both ways: its shape may have ones where the data have more.
import { sameShape } from "../../../graph/dim.ts";
import { ANY_ORDER, LOGICAL, type LoweringRule } from "../rule.ts";
import { dimsOf } from "./shape-of.ts";

export const expand: LoweringRule = {
  op: "Expand",
  since: 13,
  layout: LOGICAL,
  emit(node) {
    const x = node.logical(0);
    const result = node.outputShape();
    if (sameShape(result, node.shape(0))) return x;
    if (result.every((dim) => typeof dim === "number"))
      return node.op("BroadcastTo", [x, node.int64s(result as number[])]);
    const own = node.op("Shape", [x], { out_type: "int64" });
    return node.op("BroadcastTo", [x, node.op("BroadcastArgs", [own, dimsOf(node, 1)])]);
  },
};

export const tile: LoweringRule = {
  op: "Tile",
  since: 13,
  layout: (facts) => (facts.numbers(1) ? ANY_ORDER : LOGICAL),
  emit(node) {
    const repeats = node.numbers(1);
    return node.op("Tile", [node.data(), repeats ? node.int64s(node.ordered(repeats)) : node.logical(1)]);
  },
};
