// Pooling over the whole image: a reduction over the spatial axes, in whatever order they stand.
import type { TfOperator } from "../../builder.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { ANY_ORDER, type LoweringRule } from "../rule.ts";
import { widened } from "../widened.ts";

function globalPool(op: string, tensorflow: TfOperator): LoweringRule {
  const emit = (node: NodeLowering) => {
    const spatial = Array.from({ length: node.rank(0) - 2 }, (_, axis) => node.physical(axis + 2)).sort();
    return widened(node, tensorflow, [node.data(), node.int32s(spatial)], {
      keep_dims: true,
    });
  };
  return { op, since: 22, layout: ANY_ORDER, emit };
}

export const GLOBAL_POOLS: readonly LoweringRule[] = [
  globalPool("GlobalAveragePool", "Mean"),
  globalPool("GlobalMaxPool", "Max"),
];
