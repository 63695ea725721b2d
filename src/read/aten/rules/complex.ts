// Complex numbers: their parts, their polar form and their arithmetic.
import { isComplex, isFloat } from "../../../tensor/dtype.ts";
import type { Call } from "../call.ts";
import { realDType } from "../call.ts";
import { conjugate, imaginaryPart, pair, realPart } from "../complex-pair.ts";
import type { Rule } from "../rule.ts";
import { angleOf, signOf } from "../small-functions.ts";

const complexSelf = (call: Call) => isComplex(call.dtypeOf("self"));

export const REAL_PART: Rule = {
  targets: ["aten::real.default"],
  complex: true,
  emit: (call) => (complexSelf(call) ? realPart(call, call.tensor("self")) : call.tensor("self")),
};

export const IMAGINARY_PART: Rule = {
  targets: ["aten::imag.default"],
  complex: true,
  emit: (call) => imaginaryPart(call, call.tensor("self")),
};

/** The two forms are one at our interface. */
export const VIEW_AS: Rule = {
  targets: [
    "aten::view_as_real.default",
    "aten::view_as_complex.default",
    "aten::view_as_real_copy.default",
    "aten::view_as_complex_copy.default",
  ],
  complex: true,
  emit: (call) => call.tensor("self"),
};

export const COMPLEX: Rule = {
  targets: ["aten::complex.default"],
  complex: true,
  emit(call) {
    const dtype = realDType(call.result().dtype);
    const shape = call.result().shape;
    const part = (name: string) => call.expand(call.as(name, dtype), call.shape(name), shape);
    return pair(call, part("real"), part("imag"));
  },
};

export const POLAR: Rule = {
  targets: ["aten::polar.default"],
  complex: true,
  emit(call) {
    const dtype = realDType(call.result().dtype);
    const [size, angle] = [call.as("abs", dtype), call.as("angle", dtype)];
    return pair(
      call,
      call.op("Mul", [size, call.op("Cos", [angle])]),
      call.op("Mul", [size, call.op("Sin", [angle])]),
    );
  },
};

export const CONJUGATE: Rule = {
  targets: [
    "aten::conj.default",
    "aten::_conj.default",
    "aten::conj_physical.default",
    "aten::resolve_conj.default",
  ],
  complex: true,
  emit(call) {
    // A lazy conjugate is resolved where it is made, so that resolving it again does nothing.
    if (!complexSelf(call) || call.name === "resolve_conj") return call.tensor("self");
    return conjugate(call, call.tensor("self"), realDType(call.dtypeOf("self")));
  },
};

/** pi for negative real numbers; the argument of complex ones. */
export const ANGLE: Rule = {
  targets: ["aten::angle.default"],
  complex: true,
  emit(call) {
    const { dtype } = call.result();
    if (complexSelf(call)) {
      const z = call.tensor("self");
      return angleOf(call, imaginaryPart(call, z), realPart(call, z), dtype);
    }
    const x = call.as("self", dtype);
    const zero = call.number(0, dtype);
    const angle = call.op("Where", [call.op("Less", [x, zero]), call.number(Math.PI, dtype), zero]);
    return call.op("Where", [call.op("IsNaN", [x]), x, angle]);
  },
};

export const SIGN_OF: Rule = {
  targets: ["aten::sgn.default"],
  emit(call) {
    const { dtype } = call.type("self");
    return isFloat(dtype) ? signOf(call, call.tensor("self"), dtype) : call.op("Sign", [call.tensor("self")]);
  },
};
