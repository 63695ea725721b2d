// GroupNormalization where its groups stand as the channels of an InstanceNormalization between two reshapes, which is
// how PyTorch's exporters write it. onnxruntime's kernels are fastest on those three nodes; in TensorFlow a reshape that
// mixes channels with pixels would cost a transpose on each side of it.
import { type Dim, sameShape } from "../../graph/dim.ts";
import { attributeOf, type Node, type Value } from "../../graph/graph.ts";
import type { TypedGraph } from "../../graph/typed-graph.ts";
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import { numbersIn } from "../constants.ts";
import { defineRewrite, onlyUsedBy } from "../rewrite.ts";

interface Match {
  readonly data: Value;
  readonly inner: Value;
  readonly normal: Value;
  readonly ends: Node;
  readonly channels: number;
  readonly groups: number;
  readonly epsilon: number;
}

export const GROUP_NORM = defineRewrite<Match>({
  name: "InstanceNormalization of groups to GroupNormalization",
  ops: ["Reshape"],
  match(ends, { typed }) {
    const normal = ends.inputs[0];
    const norm = normal?.producer;
    const inner = norm?.operator === "InstanceNormalization" ? norm.inputs[0] : undefined;
    const data = inner?.producer?.operator === "Reshape" ? inner.producer.inputs[0] : undefined;
    const [output] = ends.outputs;
    if (!norm || !normal || !inner || !data || !output || !isUnit(norm)) return undefined;
    const [whole, folded] = [shapeOf(typed, data), shapeOf(typed, inner)];
    const [channels, groups] = [whole?.[1], folded?.[1]];
    if (!whole || folded?.length !== 3 || whole.length < 3) return undefined;
    if (typeof channels !== "number" || typeof groups !== "number" || channels % groups !== 0)
      return undefined;
    if (!sameShape(whole, shapeOf(typed, output) ?? []) || !sameShape(whole.slice(0, 1), folded.slice(0, 1)))
      return undefined;
    const epsilon = attributeOf(norm, "epsilon", "float") ?? 1e-5;
    return { data, inner, normal, ends, channels, groups, epsilon };
  },
  refuse({ inner, normal, ends }, scene) {
    const norm = normal.producer as Node; // matched
    const alone = onlyUsedBy(scene, normal, ends) && onlyUsedBy(scene, inner, norm);
    return alone ? undefined : "what stands between is used elsewhere";
  },
  rewrite({ data, channels, groups, epsilon, inner }, build) {
    const dtype = inner.type?.kind === "tensor" ? inner.type.dtype : "float32";
    const filled = (value: number) =>
      build.constant(tensorOfNumbers(dtype, [channels], new Array<number>(channels).fill(value)));
    return build.emit("GroupNormalization", [data, filled(1), filled(0)], {
      epsilon: { kind: "float", value: epsilon },
      num_groups: { kind: "int", value: groups },
    });
  },
});

/** Whether it multiplies by one and adds zero. */
function isUnit(norm: Node): boolean {
  const [scale, bias] = [norm.inputs[1], norm.inputs[2]].map(numbersIn);
  return (scale?.every((number) => number === 1) && bias?.every((number) => number === 0)) ?? false;
}

function shapeOf(typed: TypedGraph, value: Value): readonly Dim[] | undefined {
  const type = typed.knownType(value);
  return type?.kind === "tensor" ? type.shape : undefined;
}
