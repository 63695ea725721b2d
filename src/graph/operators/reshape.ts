// Reshape and Flatten. Source: https://onnx.ai/onnx/operators/onnx__Reshape.html
// In a target shape 0 keeps the input's size (unless allowzero) and one -1 takes what is left.
import { reshaped } from "../../tensor/transpose.ts";
import { int } from "../attribute.ts";
import { type Dim, divideExactly, floorDivDims, productOf } from "../dim.ts";
import { IllTyped, type InferContext, type OperatorDefinition } from "./definition.ts";
import { axisOf, numbersOnly, result, unknownSizes } from "./shapes.ts";

export const RESHAPE: OperatorDefinition = {
  op: "Reshape",
  since: 14,
  attributes: { allowzero: int(0) },
  infer: (context) => {
    const type = context.type(0);
    return [type && result(type.dtype, reshapedShape(context), context.contents(0))];
  },
  passesOn: () => ({ input: 0 }),
  move: (context) => moveTo(context, reshapedShape(context)),
};

export const FLATTEN: OperatorDefinition = {
  op: "Flatten",
  since: 13,
  attributes: { axis: int(1) },
  infer: (context) => {
    const type = context.type(0);
    return [type && result(type.dtype, flattenedShape(context), context.contents(0))];
  },
  passesOn: () => ({ input: 0 }),
  move: (context) => moveTo(context, flattenedShape(context)),
};

function moveTo(context: InferContext, shape: readonly Dim[] | undefined) {
  const tensor = context.constant(0);
  const sizes = numbersOnly(shape);
  return tensor && sizes && reshaped(tensor, sizes);
}

function flattenedShape(context: InferContext): Dim[] | undefined {
  const shape = context.shape(0);
  if (!shape) return undefined;
  const axis = context.int("axis");
  const split = axis === shape.length ? axis : axisOf(axis, shape.length);
  return [productOf(shape.slice(0, split)), productOf(shape.slice(split))];
}

function reshapedShape(context: InferContext): readonly Dim[] | undefined {
  const target = context.contents(1);
  const rank = context.shape(1)?.[0];
  if (!target) return typeof rank === "number" ? unknownSizes(context, rank) : undefined;
  return resolveTarget(context, target, context.shape(0));
}

function resolveTarget(
  context: InferContext,
  target: readonly Dim[],
  from: readonly Dim[] | undefined,
): readonly Dim[] {
  const keepsZero = context.int("allowzero") === 1;
  const shape = target.map((dim, axis) =>
    dim === 0 && !keepsZero ? (from?.[axis] ?? context.unknownDim()) : dim,
  );
  const free = shape.indexOf(-1);
  if (free < 0) return checked(shape, from);
  shape[free] = from
    ? rest(
        from,
        shape.filter((_, axis) => axis !== free),
      )
    : context.unknownDim();
  return shape;
}

/** The size that -1 stands for. */
function rest(from: readonly Dim[], others: readonly Dim[]): Dim {
  const all = productOf(from);
  const known = productOf(others);
  if (known === 0) return 0;
  const exact = divideExactly(all, known);
  if (exact !== undefined) return exact;
  if (typeof all === "number" && typeof known === "number") {
    throw new IllTyped(`${all} elements cannot be arranged in rows of ${known}`);
  }
  return floorDivDims(all, known);
}

function checked(shape: readonly Dim[], from: readonly Dim[] | undefined): readonly Dim[] {
  const before = from && productOf(from);
  const after = productOf(shape);
  if (typeof before === "number" && typeof after === "number" && before !== after) {
    throw new IllTyped(`${before} elements cannot become [${shape.map(String).join(", ")}]`);
  }
  return shape;
}
