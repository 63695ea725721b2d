// Before opset 7 broadcasting was asked for: B's axes were laid onto A's beginning at `axis`, or onto its last ones.
// Today's rule is NumPy's, which lays onto the last axes; where B began earlier, it gets axes of size 1 at its end.
import type { Value } from "../../../graph/graph.ts";
import { changed, type Draft, intOf, type Upgrade, type UpgradeContext } from "./upgrade.ts";

export const BROADCAST_7: Upgrade = {
  ops: ["Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Greater", "Less"],
  since: 7,
  apply(draft, context) {
    const attributes = changed(draft, ["axis", "broadcast", "consumed_inputs"]);
    const [a, b] = draft.inputs;
    const axis = intOf(draft, "axis", Number.NaN);
    if (intOf(draft, "broadcast", 0) === 0 || Number.isNaN(axis)) return { ...draft, attributes };
    const [rankA, rankB] = [context.rankOf(a), context.rankOf(b)];
    if (rankA === undefined || rankB === undefined)
      return "broadcasts along an axis of a value of unknown rank";
    const start = axis < 0 ? axis + rankA : axis;
    return { ...draft, inputs: [a, withTrailingOnes(b, rankB, rankA - start - rankB, context)], attributes };
  },
};

/** PRelu's slope was one number for each channel. */
export const PRELU_7: Upgrade = {
  ops: ["PRelu"],
  since: 7,
  apply(draft, context) {
    const [x, slope] = draft.inputs;
    const attributes = changed(draft, ["consumed_inputs"]);
    if (context.rankOf(slope) !== 1 || slope?.initializer?.shape[0] === 1) return { ...draft, attributes };
    const rank = context.rankOf(x);
    if (rank === undefined) return "has a slope for each channel of a value of unknown rank";
    return { ...draft, inputs: [x, withTrailingOnes(slope, 1, rank - 2, context)], attributes };
  },
};

/** Gemm's C always broadcast towards the result. */
export const GEMM_7: Upgrade = {
  ops: ["Gemm"],
  since: 7,
  apply: (draft): Draft => ({ ...draft, attributes: changed(draft, ["broadcast"]) }),
};

function withTrailingOnes(
  value: Value | undefined,
  rank: number,
  count: number,
  context: UpgradeContext,
): Value | undefined {
  if (count <= 0) return value;
  const axes = Array.from({ length: count }, (_, index) => rank + index);
  return context.builder.emit("Unsqueeze", [value, context.builder.int64s(axes)]);
}
