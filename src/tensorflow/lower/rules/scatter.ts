// ScatterElements and ScatterND, on the flattened data with linear places, since TensorFlow's kernels take few axes.
// With duplicate places the last update wins, or all are reduced.

import type { Dim } from "../../../graph/dim.ts";
import { productOf } from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { TfOperator } from "../../builder.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";
import { elementPlaces, positive, positivePlaces } from "./gather.ts";

const KERNELS: Readonly<Record<string, TfOperator>> = {
  none: "TensorScatterUpdate",
  add: "TensorScatterAdd",
  max: "TensorScatterMax",
  min: "TensorScatterMin",
};

/** Writes rows of updates at `places` (int64, one for each row) of flat data whose first axis has `count` rows. */
function scatter(node: NodeLowering, data: TfValue, places: TfValue, updates: TfValue, count: Dim): TfValue {
  const reduction = node.string("reduction", "none");
  const kernel = KERNELS[reduction];
  const indices = node.op("Reshape", [places, node.int64s([-1, 1])]);
  if (kernel) return node.op(kernel, [data, indices, updates]);
  // There is no scattering product: each row's factors are multiplied first, 1 where there is none.
  const flat = node.op("Reshape", [places, node.int64s([-1])]);
  return node.op("Mul", [data, node.op("UnsortedSegmentProd", [updates, flat, node.values.dim(count)])]);
}

/** Bools are scattered as bytes, for which there are kernels of every kind. */
function inBytes(node: NodeLowering, run: (dtype: DType) => TfValue): TfValue {
  const dtype = node.dtype(0);
  return node.cast(run(dtype === "bool" ? "uint8" : dtype), dtype);
}

export const scatterElements: LoweringRule = {
  op: "ScatterElements",
  since: 18,
  layout: LOGICAL,
  emit: (node) =>
    inBytes(node, (dtype) => {
      const axis = node.axis(0);
      const flat = (value: TfValue) => node.op("Reshape", [node.cast(value, dtype), node.int64s([-1])]);
      const places = elementPlaces(node, positive(node, 1, node.shape(0)[axis] ?? 1), axis);
      const result = scatter(
        node,
        flat(node.logical(0)),
        places,
        flat(node.logical(2)),
        productOf(node.shape(0)),
      );
      return node.reshape(result, node.shape(0));
    }),
};

function depthOf(facts: NodeFacts): number | undefined {
  const depth = facts.shape(1).at(-1);
  return typeof depth === "number" ? depth : undefined;
}

export const scatterNd: LoweringRule = {
  op: "ScatterND",
  since: 18,
  layout: LOGICAL,
  limits: "the depth of the indices is known",
  refuse: (facts) => (depthOf(facts) === undefined ? "the depth of its indices is not fixed" : undefined),
  emit: (node) =>
    inBytes(node, (dtype) => {
      const depth = depthOf(node) ?? 0;
      const shape = node.shape(0);
      const [outer, inner] = [shape.slice(0, depth), shape.slice(depth)];
      const strides = outer.map((_, axis) => productOf(outer.slice(axis + 1)));
      const places = node.cast(positivePlaces(node, 1, outer), "int64");
      const linear = node.op("Sum", [node.op("Mul", [places, node.values.dims(strides)]), node.int32(-1)]);
      const rows = (value: TfValue) => {
        const sizes = node.values.dims([-1, ...inner]);
        return node.op("Reshape", [node.cast(value, dtype), sizes]);
      };
      const result = scatter(node, rows(node.logical(0)), linear, rows(node.logical(2)), productOf(outer));
      return node.reshape(result, shape);
    }),
};
