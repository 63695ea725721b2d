// Gather, GatherElements, GatherND. Indices may be negative in ONNX and may not in TensorFlow; constant ones are made
// positive at conversion, others when the model runs.
import { int64Tensor } from "../../../graph/builder.ts";
import { type Dim, productOf } from "../../../graph/dim.ts";
import type { TfValue } from "../../graph.ts";
import { wrapped } from "../indices.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

export const gather: LoweringRule = {
  op: "Gather",
  since: 13,
  layout: LOGICAL,
  emit(node) {
    const axis = node.axis(0);
    const indices = positive(node, 1, node.shape(0)[axis] ?? 1);
    return node.op("GatherV2", [node.logical(0), indices, node.int32(axis)]);
  },
};

/** An input of indices into an axis of size `size`, none negative. */
export function positive(node: NodeLowering, input: number, size: Dim): TfValue {
  const numbers = node.numbers(input);
  if (!numbers) return wrapped(node, node.logical(input), size);
  if (numbers.every((index) => index >= 0)) return node.logical(input);
  if (typeof size !== "number") return wrapped(node, node.logical(input), size);
  const shape = node.shape(input) as readonly number[]; // its elements are known, so its sizes are
  return node.make(
    int64Tensor(
      numbers.map((index) => (index < 0 ? index + size : index)),
      shape,
    ),
  );
}

// y[i, j, k] = x[i, index[i, j, k], k] for axis 1
export const gatherElements: LoweringRule = {
  op: "GatherElements",
  since: 13,
  layout: LOGICAL,
  emit(node) {
    const axis = node.axis(0);
    const rank = node.rank(0);
    const indices = positive(node, 1, node.shape(0)[axis] ?? 1);
    const same = node.shape(0).every((size, at) => at === axis || size === node.shape(1)[at]);
    if (same && axis === rank - 1) {
      return node.op("GatherV2", [node.logical(0), indices, node.int32(axis)], { batch_dims: rank - 1 });
    }
    const flat = node.op("Reshape", [node.logical(0), node.int64s([-1])]);
    return node.op("GatherV2", [flat, elementPlaces(node, indices, axis), node.int32(0)]);
  },
};

/** For every index its place in the flattened data: its own coordinates, `axis` replaced by the index. */
export function elementPlaces(node: NodeLowering, indices: TfValue, axis: number): TfValue {
  const rank = node.rank(0);
  const shape = node.shape(0);
  let places: TfValue | undefined;
  for (let at = 0; at < rank; at++) {
    const stride = node.values.dim(productAfter(shape, at));
    const along = at === axis ? node.cast(indices, "int64") : coordinate(node, at, rank);
    const part = node.op("Mul", [along, stride]);
    places = places ? node.op("AddV2", [places, part]) : part;
  }
  return places ?? node.int64(0);
}

/** The numbers of an axis of the indices, shaped to broadcast along it. */
function coordinate(node: NodeLowering, at: number, rank: number): TfValue {
  const size = node.shape(1)[at] ?? 1;
  const range = node.op("Range", [node.int64(0), node.values.dim(size), node.int64(1)]);
  return node.op("Reshape", [
    range,
    node.int64s(Array.from({ length: rank }, (_, axis) => (axis === at ? -1 : 1))),
  ]);
}

function productAfter(shape: readonly Dim[], axis: number): Dim {
  return productOf(shape.slice(axis + 1));
}

export const gatherNd: LoweringRule = {
  op: "GatherND",
  since: 13,
  layout: LOGICAL,
  limits: "the depth of the indices is known; with batch_dims, indices of one axis",
  refuse: (facts) => {
    if (typeof facts.shape(1).at(-1) !== "number") return "the depth of its indices is not fixed";
    return facts.int("batch_dims", 0) > 0 && facts.shape(1).at(-1) !== 1
      ? "it has batch_dims and indices of several axes"
      : undefined;
  },
  emit(node) {
    const batch = node.int("batch_dims", 0);
    const depth = node.shape(1).at(-1) as number; // refuse has checked it
    const sizes = node.shape(0).slice(batch, batch + depth);
    if (batch > 0) {
      const indices = node.op("Squeeze", [positive(node, 1, sizes[0] ?? 1)], { squeeze_dims: [-1] });
      return node.op("GatherV2", [node.logical(0), indices, node.int32(batch)], { batch_dims: batch });
    }
    return node.op("GatherNd", [node.logical(0), positivePlaces(node, 1, sizes)]);
  },
};

/** Indices whose last axis holds a place in axes of the given sizes. */
export function positivePlaces(node: NodeLowering, input: number, sizes: readonly Dim[]): TfValue {
  const numbers = node.numbers(input);
  if (numbers?.every((index) => index >= 0)) return node.logical(input);
  const indices = node.logical(input);
  const limits = node.cast(node.values.dims(sizes), indices.dtype as "int64");
  const zero = node.scalar(indices.dtype as "int64", 0);
  return node.op("SelectV2", [
    node.op("Less", [indices, zero]),
    node.op("AddV2", [indices, limits]),
    indices,
  ]);
}
