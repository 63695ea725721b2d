// BatchNormalization said by its number of outputs that it trains until opset 14, and by `is_test` until 7;
// GroupNormalization had one scale and bias for each group until opset 21, now for each channel.
import { int } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import { changed, intOf, type Upgrade, type UpgradeContext } from "./upgrade.ts";

export const BATCH_NORMALIZATION_14: Upgrade = {
  ops: ["BatchNormalization"],
  since: 14,
  apply(draft, context) {
    if (intOf(draft, "spatial", 1) === 0) return "normalises each place of its own (spatial=0)";
    const attributes = changed(draft, ["spatial", "is_test", "consumed_inputs"]);
    const trains = draft.outputs.slice(1).some((output) => output && context.isUsed(output));
    if (!trains) return { ...draft, outputs: draft.outputs.slice(0, 1), attributes };
    const outputs = draft.outputs.slice(0, 3);
    return {
      ...draft,
      outputs,
      attributes: changed({ ...draft, attributes }, [], { training_mode: int(1) }),
    };
  },
};

export const GROUP_NORMALIZATION_21: Upgrade = {
  ops: ["GroupNormalization"],
  since: 21,
  apply(draft, context) {
    const groups = intOf(draft, "num_groups", 0);
    if (groups < 1) return "has no num_groups";
    const [x, scale, bias] = draft.inputs;
    const size = channelsPerGroup(x, groups, context);
    return { ...draft, inputs: [x, perChannel(scale, size, context), perChannel(bias, size, context)] };
  },
};

/** An int64 vector of one element: channels / groups. */
function channelsPerGroup(x: Value | undefined, groups: number, { builder }: UpgradeContext): Value {
  const channels = builder.emit("Shape", [x], { start: int(1), end: int(2) });
  return builder.emit("Div", [channels, builder.int64s([groups])]);
}

/** [groups] to [channels]: each element repeated for the channels of its group. */
function perChannel(value: Value | undefined, size: Value, { builder }: UpgradeContext): Value {
  const column = builder.emit("Unsqueeze", [value, builder.int64s([1])]);
  const shape = builder.emit("Concat", [builder.int64s([1]), size], { axis: int(0) });
  return builder.emit("Reshape", [builder.emit("Expand", [column, shape]), builder.int64s([-1])]);
}
