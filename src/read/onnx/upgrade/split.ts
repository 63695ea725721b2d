// Split: the sizes became an input in opset 13; in 18 a split into equal parts got to say how many.
import { int } from "../../../graph/attribute.ts";
import { changed, intsOf, type Upgrade } from "./upgrade.ts";

export const SPLIT_13: Upgrade = {
  ops: ["Split"],
  since: 13,
  apply(draft, context) {
    const sizes = intsOf(draft, "split");
    const [x, given] = draft.inputs; // opset 1 had an input, too
    const split = sizes ? context.builder.int64s(sizes) : given;
    return { ...draft, inputs: split ? [x, split] : [x], attributes: changed(draft, ["split"]) };
  },
};

export const SPLIT_18: Upgrade = {
  ops: ["Split"],
  since: 18,
  apply(draft) {
    if (draft.inputs[1]) return draft;
    return { ...draft, attributes: changed(draft, [], { num_outputs: int(draft.outputs.length) }) };
  },
};
