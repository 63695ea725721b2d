// Arithmetic on values and plain numbers of one float dtype, so that a rule's formula reads as one.
// Not here: promotion of operands (arithmetic.ts), formulas that several rules share (small-functions.ts).
import { int } from "../../graph/attribute.ts";
import type { Value } from "../../graph/graph.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { Call } from "./call.ts";

export type Real = Value | number;

export class Reals {
  readonly call: Call;
  readonly dtype: DType;

  constructor(call: Call, dtype: DType) {
    this.call = call;
    this.dtype = dtype;
  }

  of(x: Real): Value {
    return typeof x === "number" ? this.call.number(x, this.dtype) : x;
  }

  add(...terms: readonly Real[]): Value {
    return this.chain("Add", terms);
  }

  sub(a: Real, b: Real): Value {
    return this.chain("Sub", [a, b]);
  }

  mul(...factors: readonly Real[]): Value {
    return this.chain("Mul", factors);
  }

  div(a: Real, b: Real): Value {
    return this.chain("Div", [a, b]);
  }

  pow(a: Real, b: Real): Value {
    return this.chain("Pow", [a, b]);
  }

  max(a: Real, b: Real): Value {
    return this.chain("Max", [a, b]);
  }

  min(a: Real, b: Real): Value {
    return this.chain("Min", [a, b]);
  }

  neg(x: Real): Value {
    return this.unary("Neg", x);
  }

  abs(x: Real): Value {
    return this.unary("Abs", x);
  }

  exp(x: Real): Value {
    return this.unary("Exp", x);
  }

  log(x: Real): Value {
    return this.unary("Log", x);
  }

  sqrt(x: Real): Value {
    return this.unary("Sqrt", x);
  }

  sin(x: Real): Value {
    return this.unary("Sin", x);
  }

  cos(x: Real): Value {
    return this.unary("Cos", x);
  }

  floor(x: Real): Value {
    return this.unary("Floor", x);
  }

  less(a: Real, b: Real): Value {
    return this.call.op("Less", [this.of(a), this.of(b)]);
  }

  equal(a: Real, b: Real): Value {
    return this.call.op("Equal", [this.of(a), this.of(b)]);
  }

  both(a: Value, b: Value): Value {
    return this.call.op("And", [a, b]);
  }

  isNaN(x: Real): Value {
    return this.unary("IsNaN", x);
  }

  isInfinite(x: Real): Value {
    return this.unary("IsInf", x);
  }

  where(condition: Value, a: Real, b: Real): Value {
    return this.call.op("Where", [condition, this.of(a), this.of(b)]);
  }

  /** Coefficients from the highest power down. */
  polynomial(x: Value, coefficients: readonly number[]): Value {
    const [first = 0, ...rest] = coefficients;
    return this.of(rest.reduce<Real>((sum, next) => this.add(this.mul(sum, x), next), first));
  }

  /** The sum over i of coefficients[i] * x^i, each power by itself: for many terms of one sign. */
  powerSeries(x: Value, coefficients: readonly number[]): Value {
    const count = coefficients.length;
    const powers = this.call.table(
      this.dtype,
      [count],
      coefficients.map((_, index) => index),
    );
    const terms = this.mul(
      this.pow(this.call.unsqueeze(x, -1), powers),
      this.call.table(this.dtype, [count], coefficients),
    );
    return this.call.op("ReduceSum", [terms, this.call.builder.int64s([-1])], { keepdims: int(0) });
  }

  private unary(op: string, x: Real): Value {
    return this.call.op(op, [this.of(x)]);
  }

  private chain(op: string, operands: readonly Real[]): Value {
    const [first = 0, ...rest] = operands;
    return this.of(rest.reduce<Real>((a, b) => this.call.op(op, [this.of(a), this.of(b)]), first));
  }
}

/** A function of one argument computed in float64, where every operator it needs has a kernel, and rounded once. */
export function inDouble(call: Call, name: string, formula: (reals: Reals, x: Value) => Value): Value {
  return call.cast(
    formula(new Reals(call, "float64"), call.as(name, "float64")),
    "float64",
    call.result().dtype,
  );
}
