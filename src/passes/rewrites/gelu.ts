// What exporters write for GELU: x * 0.5 * (1 + erf(x / sqrt(2))), its factors in any order.
// Source: Hendrycks and Gimpel, https://arxiv.org/abs/1606.08415
import type { Node, Value } from "../../graph/graph.ts";
import { isScalar, splitScalar } from "../constants.ts";
import { defineRewrite } from "../rewrite.ts";

export const ERF_TO_GELU = defineRewrite<Value>({
  name: "Erf chain to Gelu",
  ops: ["Mul"],
  match(node) {
    const { factors, scale } = factorsOf(node);
    if (factors.length !== 2 || Math.abs(scale - 0.5) > 1e-7) return undefined;
    const [a, b] = factors;
    if (isGate(b, a)) return a;
    return isGate(a, b) ? b : undefined;
  },
  refuse(x, { typed }) {
    const type = typed.knownType(x);
    return type?.kind === "tensor" && type.dtype.startsWith("float")
      ? undefined
      : "x is not known to be of floats";
  },
  rewrite: (x, build) => build.emit("Gelu", [x]),
});

/** A product flattened two levels deep: what is multiplied, and the constant factor. */
function factorsOf(node: Node): { factors: Value[]; scale: number } {
  const factors: Value[] = [];
  let scale = 1;
  const collect = (value: Value | undefined, depth: number): void => {
    const { producer } = value ?? {};
    if (!value) return;
    if (depth > 0 && producer?.op === "Mul" && producer.domain === "") {
      const parts = splitScalar(producer);
      if (parts) scale *= parts[1];
      if (parts) collect(parts[0], depth - 1);
      else for (const input of producer.inputs) collect(input, depth - 1);
    } else factors.push(value);
  };
  const parts = splitScalar(node);
  if (parts) {
    scale = parts[1];
    collect(parts[0], 2);
  } else for (const input of node.inputs) collect(input, 2);
  return { factors, scale };
}

/** Whether the value is 1 + erf(x / sqrt(2)). */
function isGate(value: Value | undefined, x: Value | undefined): boolean {
  const add = value?.producer;
  const parts = add?.op === "Add" ? splitScalar(add) : undefined;
  const erf = parts && parts[1] === 1 ? parts[0].producer : undefined;
  if (erf?.op !== "Erf" || !x) return false;
  const inner = erf.inputs[0]?.producer;
  if (inner?.op === "Div") return inner.inputs[0] === x && isScalar(inner.inputs[1], Math.SQRT2, x);
  const scaled = inner?.op === "Mul" ? splitScalar(inner) : undefined;
  return scaled?.[0] === x && Math.abs(scaled[1] - Math.SQRT1_2) < 1e-6;
}
