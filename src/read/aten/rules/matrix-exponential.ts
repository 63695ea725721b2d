// Exponentials and integer powers of square matrices.
import type { Value } from "../../../graph/graph.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { eliminate } from "../matrix-inverse.ts";
import { Reals } from "../reals.ts";
import type { Rule } from "../rule.ts";

/** The matrix is halved this often before the series and the result squared as often; rounding grows to 2^14 epsilon. */
const HALVINGS = 14;
const TERMS = 18;

/** exp(A) = (sum of (A / 2^s)^k / k!)^(2^s), in float64 */
export const MATRIX_EXPONENTIAL: Rule = {
  targets: ["aten::matrix_exp.default", "aten::linalg_matrix_exp.default"],
  limits: "float32",
  refuse: (call) =>
    call.dtypeOf("self") === "float32"
      ? undefined
      : "only float32 is supported: others are inexact or overflow early",
  emit(call) {
    const { dtype, shape } = call.type("self");
    const reals = new Reals(call, "float64");
    const unit = unitMatrix(call, shape.at(-1));
    const x = reals.mul(call.as("self", "float64"), 2 ** -HALVINGS);
    const product = (a: Value, b: Value) => call.op("MatMul", [a, b]);
    // I + x (I + x/2 (I + x/3 (...)))
    let sum = reals.add(unit, reals.mul(x, 1 / TERMS));
    for (let k = TERMS - 1; k >= 1; k -= 1) sum = reals.add(unit, reals.mul(product(x, sum), 1 / k));
    for (let step = 0; step < HALVINGS; step += 1) sum = product(sum, sum);
    return call.cast(sum, "float64", dtype);
  },
};

/** By squaring; negative powers are those of the inverse. */
export const MATRIX_POWER: Rule = {
  targets: ["aten::matrix_power.default", "aten::linalg_matrix_power.default"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    const n = call.int("n");
    const unit = unitMatrix(call, shape.at(-1));
    const whole = () => call.expand(call.cast(unit, "float64", dtype), shape.slice(-2), shape);
    if (n === 0) return whole();
    let base = call.tensor("self");
    if (n < 0) {
      const right = call.expand(unit, shape.slice(-2), shape);
      const { solution } = eliminate(call, call.as("self", "float64"), right, shape.at(-1));
      base = call.cast(solution, "float64", dtype);
    }
    let result: Value | undefined;
    for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) result = result ? call.op("MatMul", [result, base]) : base;
      if (rest > 1) base = call.op("MatMul", [base, base]);
    }
    return result ?? whole();
  },
};

function unitMatrix(call: Call, size: unknown): Value {
  if (typeof size !== "number") throw new Refusal(`its matrix has ${size} rows; a fixed number is wanted`);
  const cells = Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
  return call.table("float64", [size, size], cells);
}
