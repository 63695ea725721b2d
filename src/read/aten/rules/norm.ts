// Lengths of vectors by order p: (sum |x|^p)^(1/p), the extreme of |x| for infinite p, the count of non-zeros for 0.
import type { Value } from "../../../graph/graph.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { axesOf, keepsAxes } from "../reduction.ts";
import type { Rule } from "../rule.ts";
import { vectorNorm } from "../vector-norm.ts";

export const VECTOR_NORM: Rule = {
  targets: ["aten::linalg_vector_norm.default"],
  emit(call) {
    const { dtype } = call.result();
    return vectorNorm(call, call.as("self", dtype), dtype, call.float("ord"), axesOf(call), keepsAxes(call));
  },
};

export const NORM: Rule = {
  targets: ["Scalar", "ScalarOpt_dim", "ScalarOpt_dtype", "ScalarOpt_dim_dtype"].map(
    (overload) => `aten::norm.${overload}`,
  ),
  emit(call) {
    const { dtype } = call.result();
    return vectorNorm(
      call,
      call.as("self", dtype),
      dtype,
      call.optionalFloat("p") ?? 2,
      axesOf(call),
      keepsAxes(call),
    );
  },
};

/** Only norms that are not of singular values. */
export const MATRIX_NORM: Rule = {
  targets: ["aten::linalg_matrix_norm.default", "aten::linalg_matrix_norm.str_ord"],
  emit: (call) => matrixNorm(call, call.axes("dim", call.rank("self"))),
};

/** Of vectors, unless two axes are named, or none of a matrix, and an order with them. */
export const VECTOR_OR_MATRIX_NORM: Rule = {
  targets: ["aten::linalg_norm.default", "aten::linalg_norm.ord_str"],
  limits: "no norm that needs singular values",
  emit(call) {
    const { dtype } = call.result();
    const axes = axesOf(call);
    if (call.has("ord") && axes.length === 2) return matrixNorm(call, axes);
    const order = call.has("ord") ? call.float("ord") : 2;
    return vectorNorm(call, call.as("self", dtype), dtype, order, axes, keepsAxes(call));
  },
};

function matrixNorm(call: Call, axes: readonly number[]): Value {
  const { dtype } = call.result();
  const [row, column] = axes as readonly [number, number]; // PyTorch wants two
  if (call.shape("self").includes(0)) throw new Refusal("its matrix is empty");
  const x = call.as("self", dtype);
  const order = call.argument("ord");
  if (order.kind === "string") {
    if (order.value !== "fro") throw new Refusal(`the norm ${order.value} needs singular values`);
    return vectorNorm(call, x, dtype, 2, [row, column], keepsAxes(call));
  }
  const p = call.float("ord");
  if (Math.abs(p) !== 1 && Number.isFinite(p)) throw new Refusal(`the norm ${p} needs singular values`);
  const [summed, compared] = Math.abs(p) === 1 ? [row, column] : [column, row];
  const sums = call.reduce("ReduceSum", call.op("Abs", [x]), [summed], true);
  const result = call.reduce(p > 0 ? "ReduceMax" : "ReduceMin", sums, [compared], true);
  return keepsAxes(call) ? result : call.squeeze(result, row, column);
}

/** x / max(norm, maxnorm) for each row along an axis that is longer than allowed. */
export const RENORM: Rule = {
  targets: ["aten::renorm.default"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    const axis = call.axis("dim", shape.length);
    const others = [...shape.keys()].filter((at) => at !== axis);
    const x = call.tensor("self");
    const norm = vectorNorm(call, x, dtype, call.float("p"), others, true);
    const limit = call.number(call.float("maxnorm"), dtype);
    const factor = call.op("Div", [limit, call.op("Add", [norm, call.number(1e-7, dtype)])]);
    const kept = call.op("Where", [call.op("Greater", [norm, limit]), factor, call.number(1, dtype)]);
    return call.op("Mul", [x, kept]);
  },
};

/** w = v * g / |v|, the length taken over all axes but one. */
export const WEIGHT_NORM: Rule = {
  targets: ["aten::_weight_norm.default"],
  emit(call) {
    const { dtype, shape } = call.type("v");
    const axis = call.int("dim");
    const others = [...shape.keys()].filter(
      (at) => at !== (axis < 0 && axis !== -1 ? axis + shape.length : axis),
    );
    const norm = vectorNorm(call, call.tensor("v"), dtype, 2, others, true);
    return call.op("Mul", [call.tensor("v"), call.op("Div", [call.tensor("g"), norm])]);
  },
};
