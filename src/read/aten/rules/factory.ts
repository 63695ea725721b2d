// Tensors filled with one value; the declared result says shape and dtype. What `empty` holds is arbitrary: here zero.
import { tensor as tensorAttribute } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import { isComplex } from "../../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import type { Facts } from "../argument.ts";
import { type Call, realDType, realShape } from "../call.ts";
import { complexOperand } from "../complex-pair.ts";
import type { Rule } from "../rule.ts";

const named = (names: string) => names.split(" ").map((name) => `aten::${name}`);

export const ZEROS: Rule = {
  targets: named(
    "zeros.default zeros_like.default new_zeros.default zero.default empty.memory_format empty_like.default new_empty.default " +
      "empty_strided.default new_empty_strided.default empty_permuted.default _efficientzerotensor.default",
  ),
  complex: true,
  emit: (call) => filled(call, 0),
};

export const ONES: Rule = {
  targets: named("ones.default ones_like.default new_ones.default"),
  emit: (call) => filled(call, 1),
};

export const FULL: Rule = {
  targets: named("full.default full_like.default new_full.default"),
  complex: true,
  limits: "complex numbers: 0 only",
  refuse: (call) =>
    call.outputNames().some((name) => name !== undefined && call.isComplexValue(name)) && !isZero(call)
      ? "it is not supported for complex numbers other than 0"
      : undefined,
  emit(call) {
    if (isZero(call)) return filled(call, 0);
    const scalar = call.scalar("fill_value");
    return typeof scalar.value === "number" ? filled(call, scalar.value) : spread(call, "fill_value");
  },
};

export const FILL: Rule = {
  targets: named("fill.Scalar fill.Tensor"),
  emit: (call) => spread(call, "value"),
};

export const SCALAR_TENSOR: Rule = {
  targets: named("scalar_tensor.default"),
  emit: (call) => call.as("s", call.result().dtype),
};

/** The new contents of x after x.copy_(src). */
export const COPY: Rule = {
  targets: named("copy.default"),
  complex: true,
  emit(call) {
    const { dtype } = call.result();
    const source = isComplex(dtype) ? complexOperand(call, "src", dtype) : call.as("src", dtype);
    const shape = call.shape("src");
    return call.expand(source, realShape(dtype, shape), call.realResult());
  },
};

function isZero(call: Facts): boolean {
  const value = call.argument("fill_value");
  if (value.kind === "complex") return value.real === 0 && value.imaginary === 0;
  return (value.kind === "int" || value.kind === "float") && value.value === 0;
}

function filled(call: Call, value: number): Value {
  const dtype = realDType(call.result().dtype);
  const contents = tensorAttribute(tensorOfNumbers(dtype, [1], [value]));
  return call.op("ConstantOfShape", [call.vector(call.realResult())], { value: contents });
}

/** A scalar argument in every element of the result. */
function spread(call: Call, name: string): Value {
  const { dtype, shape } = call.result();
  return call.expand(call.as(name, dtype), [], shape);
}
