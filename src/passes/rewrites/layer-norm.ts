// What exporters write for layer normalisation:
//   d = x - mean(x);  y = d / sqrt(mean(d^2) + epsilon) * scale + bias,  means over the last axis or axes.
// Source: Ba, Kiros and Hinton, https://arxiv.org/abs/1607.06450
import { float, int } from "../../graph/attribute.ts";
import { attributeOf, type Node, type Value } from "../../graph/graph.ts";
import { isScalar, numbersIn, splitScalar } from "../constants.ts";
import { defineRewrite } from "../rewrite.ts";

interface Match {
  readonly x: Value;
  readonly axes: readonly number[];
  readonly epsilon: number;
  readonly scale: Value;
  readonly bias: Value;
}

export const DECOMPOSED_LAYER_NORM = defineRewrite<Match>({
  name: "decomposed layer normalization",
  ops: ["Add"],
  match(add) {
    for (const [product, bias] of sides(add)) {
      const mul = product.producer;
      if (mul?.op !== "Mul" || !bias.initializer) continue;
      for (const [normalized, scale] of sides(mul)) {
        const core = scale.initializer && normalizedOf(normalized);
        if (core) return { ...core, scale, bias };
      }
    }
    return undefined;
  },
  refuse({ x, axes, scale, bias }, { typed }) {
    const type = typed.knownType(x);
    if (type?.kind !== "tensor" || !type.shape) return "the rank is unknown";
    if (type.dtype !== "float32" && type.dtype !== "float64") return "sums in half precision would differ";
    const rank = type.shape.length;
    const trailing = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
    if (trailing.some((axis, index) => axis !== rank - trailing.length + index))
      return "the axes are not the last";
    const sizes = type.shape.slice(rank - trailing.length);
    const fits = (value: Value) =>
      value.initializer?.shape.length === sizes.length &&
      value.initializer.shape.every((size, index) => size === sizes[index]);
    return fits(scale) && fits(bias) ? undefined : "scale and bias do not have the shape of the last axes";
  },
  rewrite({ x, axes, epsilon, scale, bias }, build) {
    return build.emit("LayerNormalization", [x, scale, bias], {
      axis: int(-axes.length),
      epsilon: float(epsilon),
    });
  },
});

function sides(node: Node): readonly (readonly [Value, Value])[] {
  const [a, b] = node.inputs;
  return a && b
    ? [
        [a, b],
        [b, a],
      ]
    : [];
}

/** The parts of d / sqrt(mean(d^2) + epsilon). */
function normalizedOf(value: Value): Pick<Match, "x" | "axes" | "epsilon"> | undefined {
  const div = value.producer;
  const centered = div?.op === "Div" ? div.inputs[0] : undefined;
  const root = centered && div?.inputs[1]?.producer;
  const sum = root?.op === "Sqrt" ? root.inputs[0]?.producer : undefined;
  const parts = sum?.op === "Add" ? splitScalar(sum) : undefined;
  const variance = parts && meanOf(parts[0]);
  const sub = centered?.producer;
  const mean = sub?.op === "Sub" ? meanOf(sub.inputs[1]) : undefined;
  const x = sub?.inputs[0];
  if (!parts || !variance || !mean || !x || mean.data !== x || !isSquare(variance.data, centered))
    return undefined;
  if (mean.axes.join() !== variance.axes.join()) return undefined;
  return { x, axes: mean.axes, epsilon: parts[1] };
}

function meanOf(value: Value | undefined): { data: Value; axes: readonly number[] } | undefined {
  const node = value?.producer;
  if (node?.op !== "ReduceMean" || attributeOf(node, "keepdims", "int") === 0) return undefined;
  const axes = numbersIn(node.inputs[1]);
  const [data] = node.inputs;
  return data && axes && axes.length > 0 ? { data, axes } : undefined;
}

function isSquare(value: Value, of: Value | undefined): boolean {
  const node = value.producer;
  if (node?.op === "Pow") return node.inputs[0] === of && isScalar(node.inputs[1], 2, of);
  return node?.op === "Mul" && node.inputs[0] === of && node.inputs[1] === of;
}
