// MatMul and Gemm. A constant right side becomes a two-dimensional MatMul, which TensorFlow fuses with what follows;
// everything else a batched one.
import type { Dim } from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import type { Layout } from "../../layout/layout.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { type LayoutClass, LOGICAL, type LoweringRule } from "../rule.ts";
import { productType } from "../widened.ts";

/** Contracts the last axis, wherever the others stand; a folded one is met by folding the weight's rows. */
const LAST_AXIS: LayoutClass = {
  kind: "follows",
  data: "first",
  through(facts, layout) {
    const last = facts.rank(0) - 1;
    if (layout.perm[last] !== last || (layout.folded && layout.folded.axis !== last)) return undefined;
    return { perm: layout.perm };
  },
};

function hasWeight(facts: NodeFacts): boolean {
  return facts.constant(1) !== undefined && facts.rank(1) === 2 && facts.rank(0) >= 2;
}

export const matmul: LoweringRule = {
  op: "MatMul",
  since: 13,
  layout: (facts) => (hasWeight(facts) ? LAST_AXIS : LOGICAL),
  emit: (node) => (hasWeight(node) ? byWeight(node) : batched(node)),
};

function byWeight(node: NodeLowering): TfValue {
  const shape = node.layout.perm.map((axis) => node.shape(0)[axis] as Dim);
  const [depth, width] = [shape.at(-1) as Dim, node.shape(1)[1] as Dim];
  const dtype = productType("MatMul", node.dtype(0));
  const x = node.cast(node.data(), dtype);
  const flat = shape.length === 2 ? x : node.tf.op("Reshape", [x, node.values.dims([-1, depth])]);
  const product = node.op("MatMul", [flat, node.cast(weight(node, 0), dtype)]);
  const deep = shape.length === 2 ? product : node.reshape(product, [...shape.slice(0, -1), width]);
  return node.cast(deep, node.dtype(0));
}

/** The constant second input, its contracted axis folded as the data's is. */
function weight(node: NodeLowering, contracted: number): TfValue {
  const { folded } = node.layout;
  const tensor = node.constant(1);
  if (!folded || !tensor) return node.logical(1);
  const layout: Layout = { perm: [0, 1], folded: { ...folded, axis: contracted } };
  return node.values.constant(node.values.arranged(tensor, layout), node.value(1).name);
}

/** Vectors are promoted to matrices and demoted again, as NumPy does. */
function batched(node: NodeLowering): TfValue {
  const dtype = productType("BatchMatMulV2", node.dtype(0));
  let left = node.cast(node.logical(0), dtype);
  let right = node.cast(node.logical(1), dtype);
  if (node.rank(0) === 1) left = node.op("ExpandDims", [left, node.int32(0)]);
  if (node.rank(1) === 1) right = node.op("ExpandDims", [right, node.int32(1)]);
  let product = node.op("BatchMatMulV2", [left, right]);
  const dropped = [...(node.rank(0) === 1 ? [-2] : []), ...(node.rank(1) === 1 ? [-1] : [])];
  if (dropped.length > 0) product = node.op("Squeeze", [product], { squeeze_dims: dropped });
  return node.cast(product, node.dtype(0));
}

const isConstantWeight = (facts: NodeFacts) => facts.constant(1) !== undefined && !facts.int("transA", 0);

// y = alpha * A' * B' + beta * C
export const gemm: LoweringRule = {
  op: "Gemm",
  since: 13,
  layout: (facts) => (isConstantWeight(facts) ? LAST_AXIS : LOGICAL),
  emit(node) {
    const dtype = productType("MatMul", node.dtype(0));
    const [transA, transB] = [node.int("transA", 0) === 1, node.int("transB", 0) === 1];
    const left = node.cast(node.data(), dtype);
    const right = node.cast(weight(node, transB ? 1 : 0), dtype);
    let product = node.op("MatMul", [left, right], {
      transpose_a: transA || undefined,
      transpose_b: transB || undefined,
    });
    product = scaled(node, product, node.float("alpha", 1));
    if (!node.has(2)) return node.cast(product, node.dtype(0));
    const width = node.outputShape()[1];
    const perColumn =
      width !== 1 &&
      node.shape(2).at(-1) === width &&
      node
        .shape(2)
        .slice(0, -1)
        .every((size) => size === 1);
    const given = node.cast(perColumn ? biasVector(node) : node.logical(2), dtype);
    const bias = scaled(node, given, node.float("beta", 1));
    return node.cast(node.op(perColumn ? "BiasAdd" : "AddV2", [product, bias]), node.dtype(0));
  },
};

/** The third input, [N] or [1, N], as a vector. */
function biasVector(node: NodeLowering): TfValue {
  const tensor = node.constant(2);
  if (tensor)
    return node.values.constant(node.values.reshaped(tensor, tensor.shape.slice(-1)), node.value(2).name);
  return node.rank(2) === 1 ? node.logical(2) : node.op("Reshape", [node.logical(2), node.int64s([-1])]);
}

function scaled(node: NodeLowering, value: TfValue, factor: number): TfValue {
  if (factor === 1) return value;
  return node.op("Mul", [value, node.scalar(value.dtype as DType, factor)]);
}
