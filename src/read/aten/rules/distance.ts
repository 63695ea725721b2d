// Distances between vectors, and losses made of them.
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { type DType, isFloat } from "../../../tensor/dtype.ts";
import { type Facts, Refusal } from "../argument.ts";
import { broadcastShapes } from "../broadcast.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";
import { reduceLoss } from "../small-functions.ts";
import { vectorNorm } from "../vector-norm.ts";

/** Distances of all pairs of rows: [..., P, M] and [..., R, M] -> [..., P, R]. */
export const PAIRWISE_MATRIX: Rule = {
  targets: ["aten::cdist.default", "aten::_cdist_forward.default"],
  emit(call) {
    const { dtype } = call.result();
    const rank = Math.max(call.rank("x1"), call.rank("x2"));
    const a = call.unsqueeze(call.as("x1", dtype), call.rank("x1") - 1);
    const b = call.unsqueeze(call.as("x2", dtype), call.rank("x2") - 2);
    return vectorNorm(call, call.op("Sub", [a, b]), dtype, call.float("p"), [rank], false);
  },
};

/** Distances of the pairs i < j of rows, as one vector. */
export const CONDENSED: Rule = {
  targets: ["aten::pdist.default", "aten::_pdist_forward.default"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    const [rows] = shape;
    if (typeof rows !== "number") throw new Refusal(`it compares ${rows} rows; a fixed number is wanted`);
    const pairs: [number, number][] = [];
    for (let i = 0; i < rows; i += 1) for (let j = i + 1; j < rows; j += 1) pairs.push([i, j]);
    const pick = (side: 0 | 1) =>
      call.op("Gather", [call.tensor("self"), call.builder.int64s(pairs.map((pair) => pair[side]))], {
        axis: { kind: "int", value: 0 },
      });
    return vectorNorm(call, call.op("Sub", [pick(0), pick(1)]), dtype, call.float("p"), [1], false);
  },
};

/** |x1 - x2 + eps| along the last axis */
export const PAIRWISE_DISTANCE: Rule = {
  targets: ["aten::pairwise_distance.default"],
  limits: "not of unsigned integers",
  refuse: (call) => refuseUnsigned(call, ["x1", "x2"]),
  emit(call) {
    const { dtype } = call.result();
    const rank = broadcastShapes([call.shape("x1"), call.shape("x2")]).length;
    return pairDistance(call, "x1", "x2", dtype, rank, call.float("p"), call.bool("keepdim"));
  },
};

/** PyTorch subtracts before it makes floats, and unsigned numbers wrap around below zero. */
function refuseUnsigned(call: Facts, names: readonly string[]): string | undefined {
  const unsigned = names.some((name) => /^uint|^bool/.test(call.dtypeOf(name)));
  return unsigned ? "it subtracts unsigned integers; give it floats" : undefined;
}

function pairDistance(
  call: Call,
  a: string,
  b: string,
  dtype: DType,
  rank: number,
  p: number,
  keep: boolean,
): Value {
  const gap = call.op("Sub", [call.as(a, dtype), call.as(b, dtype)]);
  const moved = call.op("Add", [gap, call.number(call.float("eps"), dtype)]);
  return vectorNorm(call, moved, dtype, p, [rank - 1], keep);
}

/** The norm of the difference of two whole tensors. */
export const DISTANCE: Rule = {
  targets: ["aten::dist.default"],
  emit(call) {
    const { dtype } = call.result();
    const rank = broadcastShapes([call.shape("self"), call.shape("other")]).length;
    const gap = call.op("Sub", [call.as("self", dtype), call.as("other", dtype)]);
    return vectorNorm(call, gap, dtype, call.float("p"), [...new Array<number>(rank).keys()], false);
  },
};

/** x1 . x2 / (max(|x1|, eps) max(|x2|, eps)) */
export const COSINE_SIMILARITY: Rule = {
  targets: ["aten::cosine_similarity.default"],
  emit(call) {
    const { dtype } = call.result();
    const real = isFloat(dtype) ? dtype : "float32";
    const shapes = [call.shape("x1"), call.shape("x2")];
    const full = broadcastShapes(shapes);
    const axis = call.axis("dim", full.length);
    const unit = (name: string, shape: readonly Dim[]) => {
      const x = call.expand(call.as(name, real), shape, full);
      const length = vectorNorm(call, x, real, 2, [axis], true);
      return call.op("Div", [x, call.op("Max", [length, call.number(call.float("eps"), real)])]);
    };
    const product = call.op("Mul", [unit("x1", shapes[0] ?? []), unit("x2", shapes[1] ?? [])]);
    return call.reduce("ReduceSum", product, [axis], false);
  },
};

/** y = 1 ? 1 - cos : relu(cos - margin) */
export const COSINE_EMBEDDING: Rule = {
  targets: ["aten::cosine_embedding_loss.default"],
  emit(call) {
    const { dtype } = call.result();
    const shapes = [call.shape("input1"), call.shape("input2")];
    const axis = broadcastShapes(shapes).length - 1;
    const epsilon = call.number(1e-12, dtype); // ATen's own, added to the squared lengths
    const [a, b] = [call.as("input1", dtype), call.as("input2", dtype)];
    const sum = (x: Value, y: Value) => call.reduce("ReduceSum", call.op("Mul", [x, y]), [axis], false);
    const lengths = call.op("Mul", [
      call.op("Add", [sum(a, a), epsilon]),
      call.op("Add", [sum(b, b), epsilon]),
    ]);
    const cosine = call.op("Div", [sum(a, b), call.op("Sqrt", [lengths])]);
    const target = call.as("target", dtype);
    const apart = call.op("Relu", [call.op("Sub", [cosine, call.number(call.float("margin"), dtype)])]);
    const zero = call.number(0, dtype);
    const near = call.op("Where", [
      call.op("Equal", [target, call.number(1, dtype)]),
      call.op("Sub", [call.number(1, dtype), cosine]),
      zero,
    ]);
    const far = call.op("Where", [call.op("Equal", [target, call.number(-1, dtype)]), apart, zero]);
    return reduceLoss(call, call.op("Add", [near, far]), Math.max(axis, call.rank("target")));
  },
};

/** relu(margin + d(a, p) - d(a, n)), with the smaller of d(a, n) and d(p, n) if swapping is asked for */
export const TRIPLET_MARGIN: Rule = {
  targets: ["aten::triplet_margin_loss.default"],
  limits: "not of unsigned integers",
  refuse: (call) => refuseUnsigned(call, ["anchor", "positive", "negative"]),
  emit(call) {
    const { dtype } = call.result();
    const rank = broadcastShapes([
      call.shape("anchor"),
      call.shape("positive"),
      call.shape("negative"),
    ]).length;
    const distance = (a: string, b: string) => pairDistance(call, a, b, dtype, rank, call.float("p"), false);
    const near = distance("anchor", "positive");
    let far = distance("anchor", "negative");
    if (call.bool("swap")) far = call.op("Min", [far, distance("positive", "negative")]);
    const loss = call.op("Add", [call.op("Sub", [near, far]), call.number(call.float("margin"), dtype)]);
    return reduceLoss(call, call.op("Relu", [loss]), rank - 1);
  },
};
