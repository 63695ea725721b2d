// Sequences of numbers: constants where their ends are, else Range.
import { ceilDivDims, type Dim, subDims } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { isFloat } from "../../../tensor/dtype.ts";
import type { Call } from "../call.ts";
import { arithmeticDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";

/** Longest sequence that is written out as a constant. */
const MAX_CONSTANT = 4096;

export const ARANGE: Rule = {
  targets: ["aten::arange.default", "aten::arange.start", "aten::arange.start_step"],
  emit(call) {
    const { dtype, shape } = call.result();
    const [length] = shape as [Dim];
    const numbers = ["start", "step"].map((name) =>
      call.has(name) ? call.scalar(name).value : name === "step" ? 1 : 0,
    );
    // A range of integers counts in integers, whatever its bounds are.
    const [start, step] = numbers.map((value) =>
      typeof value === "number" && !isFloat(dtype) ? Math.trunc(value) : value,
    );
    if (
      typeof length === "number" &&
      typeof start === "number" &&
      typeof step === "number" &&
      length <= MAX_CONSTANT
    ) {
      return call.table(
        dtype,
        [length],
        Array.from({ length }, (_, index) => start + index * step),
      );
    }
    return sequence(call, length);
  },
};

/** start + step * [0, 1, ..., length - 1]: the length is the declared one, so that rounding cannot change it. */
function sequence(call: Call, length: Dim): Value {
  const { dtype } = call.result();
  const computed = isFloat(dtype) ? dtype : arithmeticDType(dtype);
  let result = call.cast(range(call, length), "int64", computed);
  if (call.has("step") && call.scalar("step").value !== 1)
    result = call.op("Mul", [result, call.as("step", computed)]);
  if (call.has("start") && call.scalar("start").value !== 0)
    result = call.op("Add", [result, call.as("start", computed)]);
  return call.cast(result, computed, dtype);
}

/** Halves meet in the middle: the first half counts from the start, the second from the end. */
export const LINSPACE: Rule = {
  targets: [
    ...["default", "Tensor_Tensor", "Tensor_Scalar", "Scalar_Tensor"].map((name) => `aten::linspace.${name}`),
    "aten::logspace.default",
  ],
  emit(call) {
    const { dtype } = call.result();
    const isNumber = (name: string) =>
      call.argument(name).kind !== "tensor" && typeof call.scalar(name).value === "number";
    const isFixed = ["start", "end", "steps"].every(isNumber);
    if (!isFixed && call.name === "linspace" && isFloat(dtype)) return evenly(call);
    const [start, end, steps] = [call.float("start"), call.float("end"), call.int("steps")];
    const step = steps > 1 ? (end - start) / (steps - 1) : 0;
    const base = call.name === "logspace" ? call.float("base") : undefined;
    const numbers = Array.from({ length: steps }, (_, index) => {
      const at = index < steps / 2 ? start + step * index : end - step * (steps - 1 - index);
      return base === undefined ? at : base ** at;
    });
    return call.table(dtype, [steps], isFloat(dtype) ? numbers : numbers.map(Math.trunc));
  },
};

/** As many numbers as only a run tells, or between numbers that it finds. */
function evenly(call: Call): Value {
  const { dtype } = call.result();
  const count = call.dim("steps");
  const [start, end] = [call.as("start", dtype), call.as("end", dtype)];
  const counts = (value: Dim) => call.cast(call.dimEmitter.scalar(value), "int64", dtype);
  const places = call.cast(range(call, count), "int64", dtype);
  const last = counts(subDims(count, 1));
  const step = call.op("Div", [call.op("Sub", [end, start]), call.op("Max", [last, call.number(1, dtype)])]);
  const fromStart = call.op("Add", [start, call.op("Mul", [places, step])]);
  const left = call.op("Sub", [last, places]);
  const fromEnd = call.op("Sub", [end, call.op("Mul", [left, step])]);
  const isFirstHalf = call.op("Less", [places, counts(ceilDivDims(count, 2))]);
  return call.op("Where", [isFirstHalf, fromStart, fromEnd]);
}

function range(call: Call, length: Dim): Value {
  return call.op("Range", [call.builder.int64(0), call.dimEmitter.scalar(length), call.builder.int64(1)]);
}

export const EYE: Rule = {
  targets: ["aten::eye.default", "aten::eye.m"],
  emit(call) {
    const { dtype, shape } = call.result();
    const [rows, columns] = shape as [Dim, Dim];
    const [row, column] = [range(call, rows), range(call, columns)];
    const same = call.op("Equal", [call.unsqueeze(row, 1), call.unsqueeze(column, 0)]);
    return call.cast(same, "bool", dtype);
  },
};

/** Row and column numbers of a triangle, [2, n]. */
export const TRIANGLE_INDICES: Rule = {
  targets: ["aten::tril_indices.default", "aten::triu_indices.default"],
  emit(call) {
    const [rows, columns, offset] = [call.int("row"), call.int("col"), call.int("offset")];
    const lower = call.name === "tril_indices";
    const pairs: [number, number][] = [];
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        if (lower ? column - row <= offset : column - row >= offset) pairs.push([row, column]);
      }
    }
    return call.table(
      call.result().dtype,
      [2, pairs.length],
      [...pairs.map(([row]) => row), ...pairs.map(([, column]) => column)],
    );
  },
};
