// Complex tensors as real ones with a last axis of 2: real part, imaginary part.
import { int } from "../../graph/attribute.ts";
import type { Value } from "../../graph/graph.ts";
import { type DType, isComplex } from "../../tensor/dtype.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Call, realDType } from "./call.ts";

const REAL_FORMS = new WeakMap<Tensor, Tensor>();

/** A weight in the form that it has in the graph; the same object for the same weight. */
export function realForm(weight: Tensor): Tensor {
  if (!isComplex(weight.dtype)) return weight;
  const known = REAL_FORMS.get(weight);
  if (known) return known;
  const { byteLength, readInto } = weight;
  const form: Tensor = {
    dtype: realDType(weight.dtype),
    shape: [...weight.shape, 2],
    byteLength,
    read: () => weight.read(),
    ...(readInto ? { readInto } : {}),
  };
  REAL_FORMS.set(weight, form);
  return form;
}

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

export function complexProduct(call: Call, x: Value, y: Value): Value {
  return complexBilinear(call, x, y, (a, b) => call.op("Mul", [a, b]));
}

/** (x conj(y)) / |y|^2 */
export function complexQuotient(call: Call, x: Value, y: Value, dtype: DType): Value {
  const squares = call.op("ReduceSumSquare", [y, call.builder.int64s([-1])], { keepdims: int(1) });
  return call.op("Div", [complexProduct(call, x, conjugate(call, y, dtype)), squares]);
}

/** A sum of products of two complex tensors, from the same sum of their parts: (ac - bd) + (ad + bc)i */
export function complexBilinear(call: Call, x: Value, y: Value, sum: (x: Value, y: Value) => Value): Value {
  const [a, b] = [realPart(call, x), imaginaryPart(call, x)];
  const [c, d] = [realPart(call, y), imaginaryPart(call, y)];
  return pair(call, call.op("Sub", [sum(a, c), sum(b, d)]), call.op("Add", [sum(a, d), sum(b, c)]));
}

/** e^(a + bi) = e^a (cos b + i sin b) */
export function complexExponential(call: Call, x: Value): Value {
  const [size, angle] = [call.op("Exp", [realPart(call, x)]), imaginaryPart(call, x)];
  const part = (op: string) => call.op("Mul", [size, call.op(op, [angle])]);
  return pair(call, part("Cos"), part("Sin"));
}

/** An operand as a complex tensor: a real tensor or number gets imaginary part 0. */
export function complexOperand(call: Call, name: string, dtype: DType): Value {
  const real = realDType(dtype);
  const argument = call.argument(name);
  if (argument.kind === "complex") return call.table(real, [2], [argument.real, argument.imaginary]);
  const operand = call.operand(name);
  if (isComplex(operand.dtype)) return call.cast(call.tensor(name), realDType(operand.dtype), real);
  return asComplex(call, call.as(name, real), real);
}
