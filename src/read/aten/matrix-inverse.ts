// Inverses, determinants and solutions of small systems, by Gauss and Jordan with the largest pivot of each column, unrolled.
// Computed in float64, so that they are as good as PyTorch's for every matrix that float32 can solve at all.
import { int } from "../../graph/attribute.ts";
import type { Value } from "../../graph/graph.ts";
import { Refusal } from "./argument.ts";
import type { Call } from "./call.ts";
import { Reals } from "./reals.ts";

/** Largest matrix, in rows: each row takes a dozen nodes. */
const MAX_ROWS = 16;

export interface Eliminated {
  /** float64 [..., n, m]: what the matrix's inverse makes of the right side. */
  readonly solution: Value;
  /** float64 [..., 1, 1] each: the sign of the determinant, and the logarithm of its size. */
  readonly sign: Value;
  readonly logarithm: Value;
  /** float64 [..., 1, 1] */
  readonly determinant: Value;
}

/** `matrix` is float64 [..., n, n], `right` float64 [..., n, m] with the same leading sizes. */
export function eliminate(call: Call, matrix: Value, right: Value | undefined, rows: unknown): Eliminated {
  if (typeof rows !== "number" || rows > MAX_ROWS)
    throw new Refusal(`it solves a system of ${rows} rows; at most ${MAX_ROWS} are wanted`);
  const reals = new Reals(call, "float64");
  let table = right ? call.op("Concat", [matrix, right], { axis: int(-1) }) : matrix;
  let [sign, logarithm, determinant] = [reals.of(1), reals.of(0), reals.of(1)];
  for (let step = 0; step < rows; step += 1) {
    const turn = pivoted(call, reals, table, step, rows);
    table = turn.table;
    const pivot = call.slice(call.slice(table, -2, step, step + 1), -1, step, step + 1);
    determinant = reals.mul(determinant, pivot, turn.sign);
    sign = reals.mul(sign, call.op("Sign", [pivot]), turn.sign);
    logarithm = reals.add(logarithm, reals.log(reals.abs(pivot)));
    // Without a right side only the pivots count, and past one of 0 they must stay numbers.
    const divisor = right ? pivot : reals.where(reals.equal(pivot, 0), 1, pivot);
    table = cleared(call, reals, table, divisor, step, rows);
  }
  const solution = right ? call.slice(table, -1, rows, 2 ** 63) : table;
  return { solution, sign, logarithm, determinant };
}

/** The row from `step` on whose element in that column is the largest changes places with row `step`. */
function pivoted(call: Call, reals: Reals, table: Value, step: number, rows: number) {
  if (step === rows - 1) return { table, sign: reals.of(1) };
  const column = reals.abs(call.slice(call.slice(table, -2, step, rows), -1, step, step + 1)); // [..., rest, 1]
  const best = call.op("ArgMax", [column], { axis: int(-2), keepdims: int(1) }); // [..., 1, 1]
  const chosen = call.op("Add", [best, call.number(step, "int64")]);
  const places = call.table(
    "int64",
    [rows, 1],
    Array.from({ length: rows }, (_, index) => index),
  );
  // Place i takes row: chosen if i = step, step if i = chosen, else i.
  const here = call.op("Equal", [places, call.number(step, "int64")]);
  const there = call.op("Equal", [places, chosen]);
  const swapped = call.op("Where", [there, call.number(step, "int64"), places]);
  const from = call.op("Where", [here, chosen, swapped]); // [..., rows, 1]
  const numbers = call.table(
    "int64",
    [1, rows],
    Array.from({ length: rows }, (_, index) => index),
  );
  const permutation = call.cast(call.op("Equal", [from, numbers]), "bool", "float64");
  const moved = call.op("Greater", [best, call.number(0, "int64")]);
  return { table: call.op("MatMul", [permutation, table]), sign: reals.where(moved, -1, 1) };
}

/** Row `step` divided by its pivot and taken out of all others. */
function cleared(call: Call, reals: Reals, table: Value, pivot: Value, step: number, rows: number): Value {
  const own = reals.div(call.slice(table, -2, step, step + 1), pivot);
  const before = step > 0 ? [call.slice(table, -2, 0, step)] : [];
  const after = step < rows - 1 ? [call.slice(table, -2, step + 1, rows)] : [];
  const without = (part: Value) => reals.sub(part, reals.mul(call.slice(part, -1, step, step + 1), own));
  return call.op("Concat", [...before.map(without), own, ...after.map(without)], { axis: int(-2) });
}
