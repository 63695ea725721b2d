// Products of vectors and matrices.
import { float } from "../../../graph/attribute.ts";
import { type Dim, productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { type DType, isComplex, isFloat } from "../../../tensor/dtype.ts";
import type { Call } from "../call.ts";
import { complexBilinear, complexOperand } from "../complex-pair.ts";
import { arithmeticDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";

/** Names of the two operands by operator. */
const OPERANDS: Readonly<Record<string, readonly [string, string]>> = {
  matmul: ["self", "other"],
  linalg_matmul: ["self", "other"],
  mm: ["self", "mat2"],
  bmm: ["self", "mat2"],
  mv: ["self", "vec"],
  dot: ["self", "tensor"],
  vdot: ["self", "other"],
};

export const MATMUL: Rule = {
  targets: Object.keys(OPERANDS).map((name) => `aten::${name}.default`),
  complex: true,
  limits: "complex numbers: not vdot",
  refuse: (call) =>
    call.name === "vdot" && isComplex(call.dtypeOf("self"))
      ? "it is not supported for complex numbers"
      : undefined,
  emit(call) {
    const [a, b] = OPERANDS[call.name] as readonly [string, string]; // the table has the target
    const { dtype } = call.result();
    if (isComplex(dtype)) {
      const [x, y] = [complexOperand(call, a, dtype), complexOperand(call, b, dtype)];
      return complexBilinear(call, x, y, (left, right) => call.op("MatMul", [left, right]));
    }
    const computed = arithmeticDType(dtype);
    return call.cast(call.op("MatMul", [call.as(a, computed), call.as(b, computed)]), computed, dtype);
  },
};

/** beta * self + alpha * (mat1 @ mat2) */
export const ADDMM: Rule = {
  targets: ["aten::addmm.default"],
  emit(call) {
    const { dtype } = call.result();
    const [alpha, beta] = [call.float("alpha"), call.float("beta")];
    // Gemm keeps its factors as float32.
    if (!isFloat(dtype) || (dtype === "float64" && (alpha !== 1 || (beta !== 1 && beta !== 0))))
      return weighted(call, call.op("MatMul", [call.tensor("mat1"), call.tensor("mat2")]), dtype);
    const inputs = [call.tensor("mat1"), call.tensor("mat2"), ...(beta === 0 ? [] : [call.tensor("self")])];
    return call.op("Gemm", inputs, {
      ...(alpha === 1 ? {} : { alpha: float(alpha) }),
      ...(beta === 1 || beta === 0 ? {} : { beta: float(beta) }),
    });
  },
};

const ADDED: Readonly<Record<string, readonly [string, string]>> = {
  baddbmm: ["batch1", "batch2"],
  addmv: ["mat", "vec"],
  addbmm: ["batch1", "batch2"],
  addr: ["vec1", "vec2"],
};

/** beta * self + alpha * product; addbmm sums the products over the batch, addr is an outer product. */
export const ADDED_PRODUCT: Rule = {
  targets: Object.keys(ADDED).map((name) => `aten::${name}.default`),
  emit(call) {
    const { dtype } = call.result();
    const [first, second] = ADDED[call.name] as readonly [string, string]; // the table has the target
    const [a, b] = [call.as(first, dtype), call.as(second, dtype)];
    if (call.name === "addr") return weighted(call, call.op("Mul", [call.unsqueeze(a, 1), b]), dtype);
    const product = call.op("MatMul", [a, b]);
    return weighted(
      call,
      call.name === "addbmm" ? call.reduce("ReduceSum", product, [0], false) : product,
      dtype,
    );
  },
};

function weighted(call: Call, product: Value, dtype: DType): Value {
  const [alpha, beta] = [call.float("alpha"), call.float("beta")];
  const scaled = alpha === 1 ? product : call.op("Mul", [product, call.number(alpha, dtype)]);
  if (beta === 0) return scaled;
  const self = call.as("self", dtype);
  return call.op("Add", [beta === 1 ? self : call.op("Mul", [self, call.number(beta, dtype)]), scaled]);
}

/** All products of elements of two vectors. */
export const OUTER: Rule = {
  targets: ["aten::outer.default", "aten::ger.default"],
  emit(call) {
    const { dtype } = call.result();
    const computed = arithmeticDType(dtype);
    const other = call.as("vec2", computed);
    return call.cast(call.op("Mul", [call.unsqueeze(call.as("self", computed), 1), other]), computed, dtype);
  },
};

/** Products over the last axis of both. */
export const INNER: Rule = {
  targets: ["aten::inner.default"],
  emit(call) {
    const [a, b] = [call.shape("self"), call.shape("other")];
    const { dtype, shape } = call.result();
    if (a.length === 0 || b.length === 0)
      return call.op("Mul", [call.as("self", dtype), call.as("other", dtype)]);
    const width = a.at(-1) as Dim;
    const flat = call.reshape(call.as("other", dtype), b, [rows(b), width]);
    const product = call.op("MatMul", [
      call.reshape(call.as("self", dtype), a, [rows(a), width]),
      call.transpose(flat, [1, 0]),
    ]);
    return call.reshape(product, [rows(a), rows(b)], shape);
  },
};

function rows(shape: readonly Dim[]): Dim {
  return productOf(shape.slice(0, -1));
}
