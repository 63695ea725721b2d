// Operators that are one ONNX operator on each element.
import type { DType } from "../../../tensor/dtype.ts";
import { isComplex, isFloat } from "../../../tensor/dtype.ts";
import { complexExponential } from "../complex-pair.ts";
import type { Rule } from "../rule.ts";
import { signOf } from "../small-functions.ts";

/** ATen's name -> ONNX's operator, for functions of real numbers: integers become floats first. */
const REAL: Readonly<Record<string, string>> = {
  acos: "Acos",
  arccos: "Acos",
  acosh: "Acosh",
  arccosh: "Acosh",
  asin: "Asin",
  arcsin: "Asin",
  asinh: "Asinh",
  arcsinh: "Asinh",
  atan: "Atan",
  arctan: "Atan",
  atanh: "Atanh",
  arctanh: "Atanh",
  cos: "Cos",
  cosh: "Cosh",
  erf: "Erf",
  special_erf: "Erf",
  exp: "Exp",
  log: "Log",
  reciprocal: "Reciprocal",
  sigmoid: "Sigmoid",
  special_expit: "Sigmoid",
  sin: "Sin",
  sinh: "Sinh",
  sqrt: "Sqrt",
  tan: "Tan",
  tanh: "Tanh",
  mish: "Mish",
  hardswish: "HardSwish",
};

/** Functions that leave integers as they are. Round is half to even in both. */
const ROUNDING: Readonly<Record<string, string>> = { ceil: "Ceil", floor: "Floor", round: "Round" };

/** Functions that are defined for integers too. */
const ANY: Readonly<Record<string, string>> = {
  abs: "Abs",
  absolute: "Abs",
  neg: "Neg",
  negative: "Neg",
  sign: "Sign",
};

const targets = (table: Readonly<Record<string, string>>) =>
  Object.keys(table).map((name) => `aten::${name}.default`);

export const REAL_FUNCTIONS: Rule = {
  targets: targets(REAL),
  complex: true,
  limits: "complex numbers: exp only",
  refuse: (call) =>
    isComplex(call.dtypeOf("self")) && call.name !== "exp"
      ? "it is not supported for complex numbers"
      : undefined,
  emit(call) {
    if (isComplex(call.dtypeOf("self"))) return complexExponential(call, call.tensor("self"));
    return call.op(REAL[call.name] as string, [call.as("self", call.result().dtype)]); // the table has the target
  },
};

export const ROUNDINGS: Rule = {
  targets: targets(ROUNDING),
  emit(call) {
    const { dtype } = call.type("self");
    return isFloat(dtype)
      ? call.op(ROUNDING[call.name] as string, [call.tensor("self")])
      : call.tensor("self");
  },
};

/** Dtypes for which Neg and Sign have kernels. */
const SIGNED: readonly DType[] = ["float32", "float64", "float16", "int32", "int64", "int8"];

export const SIGNS: Rule = {
  targets: targets(ANY),
  complex: true,
  limits: "complex numbers: abs and neg only",
  refuse: (call) =>
    isComplex(call.dtypeOf("self")) && call.name === "sign"
      ? "it is not supported for complex numbers"
      : undefined,
  emit(call) {
    const { dtype } = call.type("self");
    if (isComplex(dtype) && call.name.startsWith("neg")) return call.op("Neg", [call.tensor("self")]);
    if (isComplex(dtype)) return call.reduce("ReduceL2", call.tensor("self"), [call.rank("self")], false);
    if (call.name === "sign" && dtype === "bool") return call.tensor("self");
    const op = ANY[call.name] as string; // the table has the target
    if (op === "Sign" && isFloat(dtype)) return signOf(call, call.tensor("self"), dtype);
    if (SIGNED.includes(dtype)) return call.op(op, [call.tensor("self")]);
    return call.cast(call.op(op, [call.as("self", "int64")]), "int64", dtype);
  },
};
