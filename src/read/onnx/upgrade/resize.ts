// Upsample became Resize in opset 10, which got its inputs and its choice of coordinates in 11.
// What came before sampled at x_original = x_resized / scale ("asymmetric"), and rounded down for nearest.
import { string } from "../../../graph/attribute.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import { changed, type Draft, floatOf, floatsOf, type Upgrade } from "./upgrade.ts";

const OLD_SAMPLING = {
  coordinate_transformation_mode: string("asymmetric"),
  nearest_mode: string("floor"),
};

/** Scales were attributes: one each for height and width, then a list. */
export const UPSAMPLE_9: Upgrade = {
  ops: ["Upsample"],
  since: 9,
  apply(draft, context) {
    const scales = floatsOf(draft, "scales") ?? [
      1,
      1,
      floatOf(draft, "height_scale"),
      floatOf(draft, "width_scale"),
    ];
    if (!scales.every((scale) => scale !== undefined)) return "has no scales";
    const input = context.builder.constant(tensorOfNumbers("float32", [scales.length], scales));
    const attributes = changed(draft, ["scales", "height_scale", "width_scale"]);
    return { ...draft, inputs: [draft.inputs[0], input], attributes };
  },
};

/** Upsample (X, scales) is Resize (X, scales) of opset 10. */
export const UPSAMPLE_10: Upgrade = {
  ops: ["Upsample"],
  since: 10,
  apply: (draft) => ({ ...draft, op: "Resize", attributes: changed(draft, [], { mode: modeOf(draft) }) }),
};

export const RESIZE_11: Upgrade = {
  ops: ["Resize"],
  since: 11,
  apply: (draft) => ({
    ...draft,
    inputs: [draft.inputs[0], undefined, draft.inputs[1]],
    attributes: changed(draft, [], { ...OLD_SAMPLING, mode: modeOf(draft) }),
  }),
};

/** Inputs of Resize that opset 11 demanded are empty tensors where they mean nothing; they are left out. */
export const RESIZE_19: Upgrade = {
  ops: ["Resize"],
  since: 19,
  apply(draft) {
    const inputs = draft.inputs.map((input) => (input?.initializer?.byteLength === 0 ? undefined : input));
    return { ...draft, inputs: inputs.slice(0, inputs.findLastIndex((input) => input !== undefined) + 1) };
  },
};

function modeOf(draft: Draft) {
  const mode = draft.attributes.get("mode");
  if (mode?.kind !== "string") return string("nearest");
  return string(mode.value === "bilinear" ? "linear" : mode.value);
}
