// Small formulas that several rules share.
import type { Value } from "../../graph/graph.ts";
import { type DType, isFloat } from "../../tensor/dtype.ts";
import type { Call } from "./call.ts";

/** Rounded towards zero; integers stay. */
export function floorTowardsZero(call: Call, x: Value, dtype: DType): Value {
  if (!isFloat(dtype)) return x;
  return call.op("Mul", [call.op("Sign", [x]), call.op("Floor", [call.op("Abs", [x])])]);
}

/** log(1 + x), accurate around 0: 2 atanh(x / (2 + x)) where |x| < 1/2 */
export function log1p(call: Call, x: Value, dtype: DType): Value {
  const ratio = call.op("Div", [x, call.op("Add", [x, call.number(2, dtype)])]);
  const near = call.op("Mul", [call.op("Atanh", [ratio]), call.number(2, dtype)]);
  const far = call.op("Log", [call.op("Add", [x, call.number(1, dtype)])]);
  return call.op("Where", [call.op("Less", [call.op("Abs", [x]), call.number(0.5, dtype)]), near, far]);
}

/** Mean, sum or nothing, by the number that losses take for `reduction` (0 none, 1 mean, 2 sum). */
export function reduceLoss(call: Call, loss: Value, rank: number): Value {
  const reduction = call.int("reduction");
  if (reduction === 0) return loss;
  const axes = [...new Array<number>(rank).keys()];
  return call.reduce(reduction === 1 ? "ReduceMean" : "ReduceSum", loss, axes, false);
}

/** -1, 0 or 1; of NaN 0, as PyTorch has it. */
export function signOf(call: Call, x: Value, dtype: DType): Value {
  return call.op("Where", [call.op("IsNaN", [x]), call.number(0, dtype), call.op("Sign", [x])]);
}

/** The angle of the point (x, y): atan(y / x), moved by pi where x is below zero, minus zero included. */
export function angleOf(call: Call, y: Value, x: Value, dtype: DType): Value {
  const number = (value: number) => call.number(value, dtype);
  const both = (test: (value: Value) => Value) => call.op("And", [test(x), test(y)]);
  const origin = both((value) => call.op("Equal", [value, number(0)]));
  const far = both((value) => call.op("IsInf", [value]));
  const diagonal = call.op("Mul", [call.op("Sign", [x]), call.op("Sign", [y])]);
  const finite = call.op("Where", [far, diagonal, call.op("Div", [y, x])]);
  const angle = call.op("Atan", [call.op("Where", [origin, y, finite])]);
  const turn = call.op("Where", [isNegative(call, y, dtype), number(-Math.PI), number(Math.PI)]);
  // 0 / -5 is minus zero, whose angle of its own is that of the point.
  const below = isNegative(call, x, dtype);
  return call.op("Where", [below, call.op("Add", [angle, turn]), angle]);
}

/** Below zero, minus zero included. */
export function isNegative(call: Call, x: Value, dtype: DType): Value {
  const zero = call.number(0, dtype);
  const minusZero = call.op("And", [
    call.op("Equal", [x, zero]),
    call.op("Less", [call.op("Reciprocal", [x]), zero]),
  ]);
  return call.op("Or", [call.op("Less", [x, zero]), minusZero]);
}
