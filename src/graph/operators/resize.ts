// Resize by scales or to sizes. Source: https://onnx.ai/onnx/operators/onnx__Resize.html
// A size is floor(input * scale). Scales are float32, and the product of a float32 and a size is exact in a double.
import { numbersOf } from "../../tensor/numbers.ts";
import { float, int, string } from "../attribute.ts";
import { type Dim, mulDims } from "../dim.ts";
import { attributeOf } from "../graph.ts";
import { IllTyped, type InferContext, type OperatorDefinition } from "./definition.ts";
import { axisOf, numbersOnly, result, unknownSizes } from "./shapes.ts";

const HALF_PIXEL_SYMMETRIC_SINCE = 19;

export const RESIZE: OperatorDefinition = {
  op: "Resize",
  since: 18,
  sinceFor: (node) =>
    attributeOf(node, "coordinate_transformation_mode", "string") === "half_pixel_symmetric"
      ? HALF_PIXEL_SYMMETRIC_SINCE
      : 18,
  attributes: {
    antialias: int(0),
    axes: "ints",
    coordinate_transformation_mode: string("half_pixel"),
    cubic_coeff_a: float(-0.75),
    exclude_outside: int(0),
    extrapolation_value: float(0),
    keep_aspect_ratio_policy: string("stretch"),
    mode: string("nearest"),
    nearest_mode: string("round_prefer_floor"),
  },
  infer: (context) => {
    const type = context.type(0);
    if (!type?.shape) return [type && result(type.dtype, undefined)];
    return [result(type.dtype, resizedShape(context, type.shape))];
  },
};

function resizedShape(context: InferContext, shape: readonly Dim[]): readonly Dim[] {
  const axes =
    context.ints("axes")?.map((axis) => axisOf(axis, shape.length)) ?? shape.map((_, axis) => axis);
  const resized = [...shape];
  const sizes = context.node.inputs[3] ? context.contents(3) : undefined;
  const scales = context.node.inputs[2] ? scalesOf(context) : undefined;
  const given = sizes ?? scales;
  if (!given || context.string("keep_aspect_ratio_policy") !== "stretch") {
    for (const axis of axes) resized[axis] = context.unknownDim();
    return given ? keptAspect(context, shape, axes, given) : resized;
  }
  if (given.length !== axes.length)
    throw new IllTyped(`${given.length} sizes or scales for ${axes.length} axes`);
  for (const [index, axis] of axes.entries()) {
    const amount = given[index] ?? 1;
    resized[axis] = sizes ? amount : scaled(context, shape[axis] ?? 1, amount);
  }
  return resized;
}

function scalesOf(context: InferContext): readonly Dim[] | undefined {
  const constant = context.constant(2);
  return constant ? numbersOf(constant) : context.contents(2);
}

function scaled(context: InferContext, size: Dim, scale: Dim): Dim {
  if (typeof scale !== "number") return context.unknownDim();
  if (typeof size === "number") return Math.floor(size * scale);
  return Number.isInteger(scale) ? mulDims(size, scale) : context.unknownDim();
}

/** All axes get the one scale that fits them into (or around) the sizes; halves round up. */
function keptAspect(
  context: InferContext,
  shape: readonly Dim[],
  axes: readonly number[],
  sizes: readonly Dim[],
): readonly Dim[] {
  const from = numbersOnly(axes.map((axis) => shape[axis] ?? 1));
  const to = numbersOnly(sizes);
  if (!from || !to) return unknownSizes(context, shape.length);
  const ratios = from.map((size, index) => (to[index] ?? 1) / size);
  const larger = context.string("keep_aspect_ratio_policy") === "not_larger" ? Math.min : Math.max;
  const scale = larger(...ratios);
  const resized = [...shape];
  for (const [index, axis] of axes.entries()) resized[axis] = Math.floor((from[index] ?? 1) * scale + 0.5);
  return resized;
}
