// Solutions of triangular systems, by the inverse of the triangle. What lies on its other side is not read.
// Layout: with blocks of the diagonal inverted, M, those of twice the size are M - M C M, where C is the part of the
// triangle between each two blocks: for n rows log2(n) steps, in float64. Rows are divided by their diagonal before.
// Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.solve_triangular.html
import type { Value } from "../../../graph/graph.ts";
import { fixedSize } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

/** Each step has a mask of a byte an element. */
const MAX_ROWS = 512;

/** A X = B, or with `left` false X A = B. A diagonal with a 0 gives infinities and NaN, as in PyTorch. */
export const SOLVE_TRIANGULAR: Rule = {
  targets: ["aten::linalg_solve_triangular.default"],
  limits: `a fixed number of rows, ${MAX_ROWS} at most`,
  refuse: (call) => {
    const rows = call.shape("self").at(-1);
    return typeof rows === "number" && rows <= MAX_ROWS
      ? undefined
      : `it solves a system of ${rows} rows; at most ${MAX_ROWS} are wanted`;
  },
  emit(call) {
    const { dtype } = call.result();
    const inverse = inverseOfTriangle(call);
    const right = call.as("B", "float64");
    const solution = call.op("MatMul", call.bool("left") ? [inverse, right] : [right, inverse]);
    return call.cast(solution, "float64", dtype);
  },
};

function inverseOfTriangle(call: Call): Value {
  const rows = fixedSize(call.shape("self").at(-1));
  const matrix = call.as("self", "float64");
  const isUpper = call.bool("upper");
  if (call.bool("unitriangular")) return inverted(call, matrix, rows, isUpper);
  const diagonal = onlyAt(call, matrix, rows, (row, column) => row === column);
  const divisorOf = (axis: number) => call.reduce("ReduceSum", diagonal, [axis], true);
  const inverse = inverted(call, call.op("Div", [matrix, divisorOf(-1)]), rows, isUpper);
  return call.op("Div", [inverse, divisorOf(-2)]);
}

/** Of a triangle with ones on its diagonal, whatever stands there. */
function inverted(call: Call, matrix: Value, rows: number, isUpper: boolean): Value {
  const ones = Array.from({ length: rows * rows }, (_, at) => (at % (rows + 1) === 0 ? 1 : 0));
  let inverse = call.expand(call.table("float64", [rows, rows], ones), [rows, rows], call.shape("self"));
  for (let size = 1; size < rows; size *= 2) {
    const between = onlyAt(call, matrix, rows, (row, column) => {
      const [first, second] = isUpper ? [row, column] : [column, row];
      const block = Math.floor(first / size);
      return block % 2 === 0 && Math.floor(second / size) === block + 1;
    });
    const product =
      size === 1 ? between : call.op("MatMul", [call.op("MatMul", [inverse, between]), inverse]);
    inverse = call.op("Sub", [inverse, product]);
  }
  return inverse;
}

/** The matrix with 0 wherever `isWanted` says no. */
function onlyAt(
  call: Call,
  matrix: Value,
  rows: number,
  isWanted: (row: number, column: number) => boolean,
): Value {
  const wanted = Array.from({ length: rows * rows }, (_, at) =>
    isWanted(Math.floor(at / rows), at % rows) ? 1 : 0,
  );
  return call.op("Where", [call.table("bool", [rows, rows], wanted), matrix, call.number(0, "float64")]);
}
