// Inverses, solutions and determinants of small matrices.
// Not here: the elimination (../matrix-inverse.ts).
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { Refusal } from "../argument.ts";
import { broadcastShapes } from "../broadcast.ts";
import type { Call } from "../call.ts";
import { eliminate } from "../matrix-inverse.ts";
import { Reals } from "../reals.ts";
import type { Rule } from "../rule.ts";

const nameOf = (call: Call) => (call.call.args.has("A") ? "A" : "self");

/** A singular matrix has infinities and NaN here; PyTorch throws. `info`, which says so, is 0. */
export const INVERSE: Rule = {
  targets: ["aten::inverse.default", "aten::linalg_inv.default", "aten::linalg_inv_ex.default"],
  emit(call) {
    const name = nameOf(call);
    const shape = call.shape(name);
    const [size, lead] = [shape.at(-1), shape.slice(0, -2)];
    const { dtype } = call.result();
    const full = [...lead, size as Dim, size as Dim];
    const identity = call.expand(unitMatrix(call, Number(size)), full.slice(-2), full);
    const { solution } = eliminate(call, call.as(name, "float64"), identity, size);
    const inverse = call.cast(solution, "float64", dtype);
    return call.name.endsWith("_ex") ? [inverse, noErrors(call, 1)] : inverse;
  },
};

function unitMatrix(call: Call, size: number): Value {
  if (Number.isNaN(size)) throw new Refusal("the size of its matrix is not fixed");
  const cells = Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
  return call.table("float64", [size, size], cells);
}

function noErrors(call: Call, index: number): Value | undefined {
  if (!call.wants(index)) return undefined;
  const { dtype, shape } = call.result(index);
  return call.expand(call.number(0, dtype), [], shape);
}

/** A X = B, or with `left` false X A = B, which is A^T X^T = B^T. */
export const SOLVE: Rule = {
  targets: ["aten::linalg_solve.default", "aten::linalg_solve_ex.default", "aten::_linalg_solve_ex.default"],
  emit(call) {
    const [a, b] = [call.shape("A"), call.shape("B")];
    const { dtype } = call.result();
    const isVector =
      b.length === 1 || (b.length === a.length - 1 && b.every((size, axis) => size === a[axis]));
    const left = call.bool("left");
    const flip = (x: Value, rank: number) =>
      call.transpose(x, [...new Array<number>(rank - 2).keys(), rank - 1, rank - 2]);
    let matrix = call.as("A", "float64");
    let right = call.as("B", "float64");
    let own = [...b];
    if (isVector) {
      right = call.unsqueeze(right, b.length);
      own = [...own, 1];
    }
    if (!left) [matrix, right] = [flip(matrix, a.length), isVector ? right : flip(right, own.length)];
    if (!left && !isVector) own = [...own.slice(0, -2), own.at(-1) as Dim, own.at(-2) as Dim];
    const lead = broadcastShapes([a.slice(0, -2), own.slice(0, -2)]);
    matrix = call.expand(matrix, a, [...lead, ...a.slice(-2)]);
    right = call.expand(right, own, [...lead, ...own.slice(-2)]);
    let { solution } = eliminate(call, matrix, right, a.at(-1));
    if (!left && !isVector) solution = flip(solution, lead.length + 2);
    if (isVector) solution = call.squeeze(solution, -1);
    const result = call.cast(solution, "float64", dtype);
    if (call.name === "linalg_solve") return result;
    if (call.name === "linalg_solve_ex") return [result, noErrors(call, 1)];
    if (call.wants(1) || call.wants(2)) throw new Refusal("its factors L and U are wanted");
    return [result, undefined, undefined, noErrors(call, 3)];
  },
};

/** Determinants, their logarithms (NaN below zero), and signs with logarithms of sizes. */
export const DETERMINANT: Rule = {
  targets: [
    "aten::det.default",
    "aten::linalg_det.default",
    "aten::_linalg_det.default",
    "aten::logdet.default",
    "aten::slogdet.default",
    "aten::linalg_slogdet.default",
    "aten::_linalg_slogdet.default",
  ],
  emit(call) {
    const name = nameOf(call);
    const { dtype } = call.result();
    const found = eliminate(call, call.as(name, "float64"), undefined, call.shape(name).at(-1));
    const reals = new Reals(call, "float64");
    const size = call.shape(name).at(-1);
    const lead = call.shape(name).slice(0, -2);
    const done = (value: Value) => {
      const flat = size === 0 ? call.expand(value, [], lead) : call.squeeze(value, -2, -1);
      return call.cast(flat, "float64", dtype);
    };
    if (call.name === "logdet") {
      const logarithm = reals.where(reals.less(found.sign, 0), Number.NaN, found.logarithm);
      return done(logarithm);
    }
    if (call.name.endsWith("slogdet")) {
      if (call.wants(2)) throw new Refusal("its factors L and U are wanted");
      return [done(found.sign), done(found.logarithm)];
    }
    if (call.wants(1)) throw new Refusal("its factors L and U are wanted");
    return [done(found.determinant)];
  },
};
