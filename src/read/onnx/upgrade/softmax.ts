// Before opset 13 Softmax, LogSoftmax and Hardmax flattened their input to two dimensions at `axis` (1 if not given)
// and normalised the second. For the last axis that is today's meaning; otherwise the flattening is spelt out.
import { int } from "../../../graph/attribute.ts";
import { changed, intOf, type Upgrade } from "./upgrade.ts";

export const SOFTMAX_13: Upgrade = {
  ops: ["Softmax", "LogSoftmax", "Hardmax"],
  since: 13,
  apply(draft, context) {
    const axis = intOf(draft, "axis", 1);
    const [x] = draft.inputs;
    const rank = context.rankOf(x);
    if (axis === -1 || axis === (rank ?? 0) - 1)
      return { ...draft, attributes: changed(draft, [], { axis: int(-1) }) };
    const { builder } = context;
    const flat = builder.emit("Flatten", [x], { axis: int(axis) });
    const normal = builder.emit(draft.op, [flat], { axis: int(-1) });
    const shape = builder.emit("Shape", [x]);
    return { ...draft, op: "Reshape", inputs: [normal, shape], attributes: new Map() };
  },
};
