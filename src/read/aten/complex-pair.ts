// Complex tensors as real ones with a last axis of 2: real part, imaginary part.
import { int } from "../../graph/attribute.ts";
import type { Value } from "../../graph/graph.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { Call } from "./call.ts";

export function realPart(call: Call, x: Value): Value {
  return call.op("Gather", [x, call.builder.int64(0)], { axis: int(-1) });
}

export function imaginaryPart(call: Call, x: Value): Value {
  return call.op("Gather", [x, call.builder.int64(1)], { axis: int(-1) });
}

export function pair(call: Call, real: Value, imaginary: Value): Value {
  return call.op("Concat", [call.unsqueeze(real, -1), call.unsqueeze(imaginary, -1)], { axis: int(-1) });
}

/** A real tensor as a complex one. */
export function asComplex(call: Call, x: Value, dtype: DType): Value {
  return pair(call, x, call.op("Mul", [x, call.number(0, dtype)]));
}

export function conjugate(call: Call, x: Value, dtype: DType): Value {
  return call.op("Mul", [x, call.table(dtype, [2], [1, -1])]);
}

/** (a + bi)(c + di) = (ac - bd) + (ad + bc)i */
export function complexProduct(call: Call, x: Value, y: Value): Value {
  const [a, b] = [realPart(call, x), imaginaryPart(call, x)];
  const [c, d] = [realPart(call, y), imaginaryPart(call, y)];
  const mul = (p: Value, q: Value) => call.op("Mul", [p, q]);
  return pair(call, call.op("Sub", [mul(a, c), mul(b, d)]), call.op("Add", [mul(a, d), mul(b, c)]));
}
