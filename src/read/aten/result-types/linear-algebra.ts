// Results of linear algebra beyond products: inverses, determinants, solutions, and what is made of diagonals.
// Layout: batches of matrices [..., rows, columns].
import { addDims, type Dim, mulDims } from "../../../graph/dim.ts";
import type { RankedType } from "../../../graph/typed-graph.ts";
import { normalAxis, Refusal } from "../argument.ts";
import { realDType } from "../call.ts";
import {
  broadcast,
  broadcastOf,
  firstArgument,
  forEach,
  type Infer,
  type InferTable,
  promoted,
  sameAs,
  typed,
} from "./infer.ts";

/** One number for each matrix. */
const ofMatrix: Infer = (call) => {
  const { dtype, shape } = call.type(firstArgument(call));
  return [typed(dtype, shape.slice(0, -2))];
};

const signAndLogarithm: Infer = (call) => {
  const { dtype, shape } = call.type(firstArgument(call));
  const lead = shape.slice(0, -2);
  return [typed(dtype, lead), typed(realDType(dtype), lead)];
};

/** Determinants with the factors that they were computed from. */
const withFactors =
  (results: Infer): Infer =>
  (call, fresh) => {
    const matrix = call.type(firstArgument(call));
    return [...results(call, fresh), matrix, typed("int32", matrix.shape.slice(0, -1))];
  };

/** A result that says for each matrix whether it worked comes second. */
const withInfo =
  (result: Infer): Infer =>
  (call, fresh) => {
    const { shape } = call.type(firstArgument(call));
    return [...result(call, fresh), typed("int32", shape.slice(0, -2))];
  };

/** Right-hand sides that are vectors have one axis less than the matrices, and their batch exactly. */
const solution: Infer = (call) => {
  const [a, b] = [call.type("A"), call.type("B")];
  const isVector =
    b.shape.length === 1 ||
    (b.shape.length === a.shape.length - 1 &&
      b.shape.every((size, axis) => String(size) === String(a.shape[axis])));
  if (isVector) return [b];
  return [typed(b.dtype, [...broadcast([a.shape.slice(0, -2), b.shape.slice(0, -2)]), ...b.shape.slice(-2)])];
};

/** Triangular solutions; the older operator gives the matrix back too. */
const triangularSolution: Infer = (call) => {
  // linalg_solve_triangular(self, B) is A's solution for B, triangular_solve(self, A) that of self, and A beside it.
  const isSingle = call.has("B");
  const [right, left] = isSingle ? [call.type("B"), call.type("self")] : [call.type("self"), call.type("A")];
  const lead = broadcast([right.shape.slice(0, -2), left.shape.slice(0, -2)]);
  const result = typed(right.dtype, [...lead, ...right.shape.slice(-2)]);
  return isSingle ? [result] : [result, typed(left.dtype, [...lead, ...left.shape.slice(-2)])];
};

/** The first factor's rows by the last one's columns; vectors at the ends have none. */
const chain =
  (name: string): Infer =>
  (call) => {
    const types = call.typesOf(name).flatMap((type) => type ?? []);
    const [first, last] = [types[0], types.at(-1)];
    if (!first || !last) throw new Refusal("it multiplies nothing");
    const rows = first.shape.length === 1 ? [] : first.shape.slice(0, 1);
    const columns = last.shape.length === 1 ? [] : last.shape.slice(-1);
    return [typed(first.dtype, [...rows, ...columns])];
  };

const crossed: Infer = (call) => [
  typed(promoted(call, ["self", "other"]), broadcastOf(call, ["self", "other"])),
];

const vectorProduct: Infer = (call) => {
  const shape = broadcastOf(call, ["x", "y"]);
  const axis = call.axis("dim", shape.length);
  return [
    typed(
      promoted(call, ["x", "y"]),
      shape.filter((_, place) => place !== axis),
    ),
  ];
};

const kronecker: Infer = (call) => {
  const [a, b] = [call.shape("self"), call.shape("other")];
  const rank = Math.max(a.length, b.length);
  const size = (shape: readonly Dim[], axis: number) => shape[axis - (rank - shape.length)] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) => mulDims(size(a, axis), size(b, axis)));
  return [typed(promoted(call, ["self", "other"]), shape)];
};

/** Last axes against last axes; a scalar is a factor. */
const inner: Infer = (call) => {
  const [a, b] = [call.shape("self"), call.shape("other")];
  const dtype = promoted(call, ["self", "other"]);
  if (a.length === 0 || b.length === 0) return [typed(dtype, a.length === 0 ? b : a)];
  return [typed(dtype, [...a.slice(0, -1), ...b.slice(0, -1)])];
};

const contracted: Infer = (call) => {
  const rest = (name: string, axes: string) => {
    const shape = call.shape(name);
    const gone = call.ints(axes).map((axis) => normalAxis(axis, shape.length));
    return shape.filter((_, axis) => !gone.includes(axis));
  };
  return [typed(call.dtypeOf("self"), [...rest("self", "dims_self"), ...rest("other", "dims_other")])];
};

const trace: Infer = (call) => {
  const { dtype } = call.type("self");
  return [typed(dtype === "bool" || /int/.test(dtype) ? "int64" : dtype, [])];
};

/** The diagonal of a matrix, or a matrix with it. */
const diag: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const offset = call.int("diagonal");
  const [rows, columns] = shape;
  if (rows === undefined) throw new Refusal("it takes the diagonal of a scalar");
  if (columns === undefined) return [square(dtype, [], rows, offset)];
  if (offset === 0 && String(rows) === String(columns)) return [typed(dtype, [rows])];
  if (typeof rows !== "number" || typeof columns !== "number")
    throw new Refusal(`a diagonal of ${rows} by ${columns} elements; fixed sizes are wanted`);
  const size = offset >= 0 ? Math.min(rows, columns - offset) : Math.min(rows + offset, columns);
  return [typed(dtype, [Math.max(size, 0)])];
};

function square(dtype: RankedType["dtype"], lead: readonly Dim[], size: Dim, offset: number): RankedType {
  const side = addDims(size, Math.abs(offset));
  return typed(dtype, [...lead, side, side]);
}

/** The last axis becomes the diagonal of new axes, which come last or where they are wanted. */
const diagonalOf: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const rank = shape.length + 1;
  const axes = ["dim1", "dim2"].map((name) => normalAxis(call.int(name), rank));
  const side = addDims(shape.at(-1) ?? 1, Math.abs(call.int("offset")));
  const rest = shape.slice(0, -1);
  return [
    typed(
      dtype,
      Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? side : (rest.shift() ?? 1))),
    ),
  ];
};

const flatDiagonal: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  return [square(dtype, [], shape.reduce<Dim>(mulDims, 1), call.int("offset"))];
};

const outerSum: Infer = (call) => {
  const shape = [...call.shape("vec1"), ...call.shape("vec2")];
  return [typed(promoted(call, ["self", "vec1", "vec2"]), shape)];
};

const blockDiagonal: Infer = (call) => {
  const types = call.typesOf("tensors").flatMap((type) => type ?? []);
  const side = (axis: number) =>
    types.reduce<Dim>((sum, { shape }) => addDims(sum, [1, 1, ...shape].at(axis) ?? 1), 0);
  return [typed(types[0]?.dtype ?? "float32", [side(-2), side(-1)])];
};

const bilinear: Infer = (call) => {
  const { dtype, shape } = call.type("input1");
  return [typed(dtype, [...shape.slice(0, -1), call.shape("weight")[0] ?? 1])];
};

export const LINEAR_ALGEBRA: InferTable = {
  ...forEach("det linalg_det logdet", ofMatrix),
  ...forEach("slogdet linalg_slogdet", signAndLogarithm),
  _linalg_det: withFactors(ofMatrix),
  _linalg_slogdet: withFactors(signAndLogarithm),
  ...forEach("inverse linalg_inv matrix_exp linalg_matrix_exp matrix_power linalg_matrix_power", sameAs()),
  linalg_inv_ex: withInfo(sameAs()),
  linalg_solve: solution,
  linalg_solve_ex: withInfo(solution),
  ...forEach("linalg_solve_triangular triangular_solve", triangularSolution),
  linalg_multi_dot: chain("tensors"),
  chain_matmul: chain("matrices"),
  ...forEach("cross linalg_cross", crossed),
  linalg_vecdot: vectorProduct,
  kron: kronecker,
  inner,
  tensordot: contracted,
  trace,
  diag,
  diag_embed: diagonalOf,
  diagflat: flatDiagonal,
  addr: outerSum,
  block_diag: blockDiagonal,
  bilinear,
};
