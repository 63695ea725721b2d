// Axes were an attribute and became an input: Squeeze, Unsqueeze and ReduceSum in opset 13, other reductions in 18.
// An empty list of axes meant all of them, as no list does.
import { changed, type Draft, intsOf, type Upgrade, type UpgradeContext } from "./upgrade.ts";

function axesToInput(draft: Draft, context: UpgradeContext): Draft {
  const axes = intsOf(draft, "axes") ?? [];
  const given = axes.length > 0 || draft.op === "Unsqueeze";
  const inputs = given ? [draft.inputs[0], context.builder.int64s(axes)] : [draft.inputs[0]];
  return { ...draft, inputs, attributes: changed(draft, ["axes"]) };
}

export const AXES_13: Upgrade = { ops: ["Squeeze", "Unsqueeze", "ReduceSum"], since: 13, apply: axesToInput };

export const AXES_18: Upgrade = {
  ops: [
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSumSquare",
  ],
  since: 18,
  apply: axesToInput,
};
