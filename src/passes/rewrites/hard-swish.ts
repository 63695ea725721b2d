// What exporters write for HardSigmoid and HardSwish:
//   clip(x + 3, 0, 6) / 6 = HardSigmoid(x; 1/6, 1/2),   x * HardSigmoid(x; 1/6, 1/2) = HardSwish(x).
import { float } from "../../graph/attribute.ts";
import { attributeOf, type Node, type Value } from "../../graph/graph.ts";
import { isScalar, splitScalar } from "../constants.ts";
import { defineRewrite } from "../rewrite.ts";

const SIXTH = 1 / 6;

/** x if the value is clip(x + 3, 0, 6) (Relu6 of x + 3). */
function shiftedRelu6(value: Value | undefined): Value | undefined {
  const clip = value?.producer;
  if (clip?.op !== "Clip" || !isScalar(clip.inputs[1], 0) || !isScalar(clip.inputs[2], 6)) return undefined;
  const add = clip.inputs[0]?.producer;
  const parts = add?.op === "Add" ? splitScalar(add) : undefined;
  return parts && parts[1] === 3 ? parts[0] : undefined;
}

/** The value that the node divides by 6, in either way. */
function sixthOf(node: Node): Value | undefined {
  if (node.op === "Div") return isScalar(node.inputs[1], 6, node.inputs[0]) ? node.inputs[0] : undefined;
  const parts = node.op === "Mul" ? splitScalar(node) : undefined;
  return parts && Math.abs(parts[1] - SIXTH) < 1e-7 ? parts[0] : undefined;
}

export const CLIP_TO_HARD_SIGMOID = defineRewrite<Value>({
  name: "Add + Clip + Div to HardSigmoid",
  ops: ["Div", "Mul"],
  match: (node) => shiftedRelu6(sixthOf(node)),
  rewrite: (x, build) => build.emit("HardSigmoid", [x], { alpha: float(SIXTH), beta: float(0.5) }),
});

/** x * clip(x + 3, 0, 6) / 6, the product first. */
export const CLIP_TO_HARD_SWISH = defineRewrite<Value>({
  name: "Add + Clip + Mul + Div to HardSwish",
  ops: ["Div", "Mul"],
  match(node) {
    const product = sixthOf(node)?.producer;
    if (product?.op !== "Mul") return undefined;
    const [a, b] = product.inputs;
    const x = shiftedRelu6(b) === a ? a : shiftedRelu6(a) === b ? b : undefined;
    return x;
  },
  rewrite: (x, build) => build.emit("HardSwish", [x]),
});

export const HARD_SIGMOID_TO_HARD_SWISH = defineRewrite<Value>({
  name: "x * HardSigmoid(x) to HardSwish",
  ops: ["Mul"],
  match(node) {
    const [a, b] = node.inputs;
    if (isGate(b, a)) return a;
    return isGate(a, b) ? b : undefined;
  },
  rewrite: (x, build) => build.emit("HardSwish", [x]),
});

function isGate(gate: Value | undefined, x: Value | undefined): boolean {
  const node = gate?.producer;
  if (node?.op !== "HardSigmoid" || node.domain !== "" || node.inputs[0] !== x) return false;
  const alpha = attributeOf(node, "alpha", "float") ?? 0.2;
  const beta = attributeOf(node, "beta", "float") ?? 0.5;
  return Math.abs(alpha - SIXTH) < 1e-7 && beta === 0.5;
}
