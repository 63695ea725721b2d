// Pad; negative pads cut off. Source: https://onnx.ai/onnx/operators/onnx__Pad.html
import { string } from "../attribute.ts";
import { addDims } from "../dim.ts";
import { attributeOf } from "../graph.ts";
import { IllTyped, type OperatorDefinition } from "./definition.ts";
import { axisOf, numbersOnly, result, unknownSizes } from "./shapes.ts";

const WRAP_SINCE = 19;

export const PAD: OperatorDefinition = {
  op: "Pad",
  since: 18,
  sinceFor: (node) => (attributeOf(node, "mode", "string") === "wrap" ? WRAP_SINCE : 18),
  attributes: { mode: string("constant") },
  passesOn: (context) =>
    context.contents(1)?.every((pad) => pad === 0) ? { input: 0, always: true } : undefined,
  infer: (context) => {
    const type = context.type(0);
    if (!type?.shape) return [type && result(type.dtype, undefined)];
    const { shape } = type;
    const pads = context.contents(1);
    const axes = context.node.inputs[3]
      ? numbersOnly(context.contents(3))?.map((axis) => axisOf(axis, shape.length))
      : shape.map((_, axis) => axis);
    if (!pads || !axes) return [result(type.dtype, unknownSizes(context, shape.length))];
    if (pads.length !== 2 * axes.length) throw new IllTyped(`${pads.length} pads for ${axes.length} axes`);
    const padded = [...shape];
    for (const [index, axis] of axes.entries()) {
      const both = addDims(pads[index] ?? 0, pads[index + axes.length] ?? 0);
      padded[axis] = addDims(padded[axis] ?? 0, both);
    }
    return [result(type.dtype, padded)];
  },
};
