// ReduceMean over all spatial axes, kept as size 1 -> GlobalAveragePool, which engines have a kernel for in any layout.
import { attributeOf, type Node } from "../../graph/graph.ts";
import { numbersIn } from "../constants.ts";
import { defineRewrite } from "../rewrite.ts";

export const MEAN_TO_GLOBAL_AVERAGE_POOL = defineRewrite<Node>({
  name: "ReduceMean to GlobalAveragePool",
  ops: ["ReduceMean"],
  match(node, { typed }) {
    const [data] = node.inputs;
    const type = data && typed.knownType(data);
    const axes = numbersIn(node.inputs[1]);
    if (type?.kind !== "tensor" || !type.shape || !axes || attributeOf(node, "keepdims", "int") === 0)
      return undefined;
    const rank = type.shape.length;
    const spatial = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
    const all = rank >= 4 && spatial.size === rank - 2 && !spatial.has(0) && !spatial.has(1);
    return all && type.dtype.startsWith("float") ? node : undefined;
  },
  rewrite: (node, build) => build.emit("GlobalAveragePool", [node.inputs[0]]),
});
