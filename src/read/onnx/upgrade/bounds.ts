// Attributes that became inputs one for one: Clip's bounds, Pad's pads, Slice's ranges, TopK's k, DFT's axis,
// Dropout's ratio.

import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import { changed, type Draft, floatOf, intOf, intsOf, type Upgrade, type UpgradeContext } from "./upgrade.ts";

/** Clip's bounds before opset 11 default to the largest floats, which is no bound. */
export const CLIP_11: Upgrade = {
  ops: ["Clip"],
  since: 11,
  apply(draft, context) {
    const [x] = draft.inputs;
    const bound = (name: string) => scalarLike(x, floatOf(draft, name), context);
    return {
      ...draft,
      inputs: trimmed([x, bound("min"), bound("max")]),
      attributes: changed(draft, ["min", "max"]),
    };
  },
};

export const PAD_11: Upgrade = {
  ops: ["Pad"],
  since: 11,
  apply(draft, context) {
    const pads = intsOf(draft, "pads") ?? intsOf(draft, "paddings");
    if (!pads) return "has no pads";
    const [x] = draft.inputs;
    const value = floatOf(draft, "value") || undefined; // 0 is the default
    const inputs = trimmed([x, context.builder.int64s(pads), scalarLike(x, value, context)]);
    return { ...draft, inputs, attributes: changed(draft, ["pads", "paddings", "value"]) };
  },
};

export const SLICE_10: Upgrade = {
  ops: ["Slice"],
  since: 10,
  apply(draft, context) {
    const ranges = ["starts", "ends", "axes"].map((name) => intsOf(draft, name));
    if (!ranges[0] || !ranges[1]) return "has no starts or ends";
    const inputs = trimmed([
      draft.inputs[0],
      ...ranges.map((range) => range && context.builder.int64s(range)),
    ]);
    return { ...draft, inputs, attributes: changed(draft, ["starts", "ends", "axes"]) };
  },
};

export const TOP_K_10: Upgrade = {
  ops: ["TopK"],
  since: 10,
  apply(draft, context) {
    const inputs = [draft.inputs[0], context.builder.int64s([intOf(draft, "k", 1)])];
    return { ...draft, inputs, attributes: changed(draft, ["k"]) };
  },
};

export const DFT_20: Upgrade = {
  ops: ["DFT"],
  since: 20,
  apply(draft, context) {
    const axis = context.builder.int64(intOf(draft, "axis", 1));
    return {
      ...draft,
      inputs: [draft.inputs[0], draft.inputs[1], axis],
      attributes: changed(draft, ["axis"]),
    };
  },
};

/** A model that is read is run, not trained: Dropout without `training_mode` passes its input on. */
export const DROPOUT_12: Upgrade = {
  ops: ["Dropout"],
  since: 12,
  apply(draft, context) {
    const ratio = floatOf(draft, "ratio") ?? 0.5;
    const inputs = [draft.inputs[0], context.builder.constant(tensorOfNumbers("float32", [], [ratio]))];
    return { ...draft, inputs, attributes: changed(draft, ["ratio", "is_test"]) };
  },
};

function scalarLike(
  like: Value | undefined,
  value: number | undefined,
  context: UpgradeContext,
): Value | undefined {
  if (value === undefined) return undefined;
  const dtype: DType = context.dtypeOf(like) ?? "float32";
  return context.builder.constant(tensorOfNumbers(dtype, [], [value]));
}

/** Optional inputs at the end are left out. */
function trimmed(inputs: (Value | undefined)[]): Draft["inputs"] {
  return inputs.slice(0, inputs.findLastIndex((input) => input !== undefined) + 1);
}
