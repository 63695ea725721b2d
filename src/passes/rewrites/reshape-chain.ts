// Reshape of what is itself only a new shape (Reshape, Flatten, Squeeze, Unsqueeze): the last one alone.
import type { Value } from "../../graph/graph.ts";
import { numbersIn } from "../constants.ts";
import { defineRewrite } from "../rewrite.ts";

const SHAPERS: ReadonlySet<string> = new Set(["Reshape", "Flatten", "Squeeze", "Unsqueeze"]);

interface Match {
  readonly data: Value;
  readonly target: Value;
}

export const RESHAPE_CHAIN = defineRewrite<Match>({
  name: "Reshape of Reshape",
  ops: ["Reshape"],
  match(reshape) {
    const [input, target] = reshape.inputs;
    const data =
      input?.producer?.domain === "" && SHAPERS.has(input.producer.op) ? input.producer.inputs[0] : undefined;
    return data && target && { data, target };
  },
  refuse({ target }) {
    const sizes = numbersIn(target);
    if (!sizes) return "the shape is no constant";
    return sizes.includes(0) ? "a size is 0 or copied from the shape between" : undefined;
  },
  rewrite({ data, target }, build) {
    return build.emit("Reshape", [data, target]);
  },
});
