// Comparisons, logic and tests of elements: results are bools (bitwise ones keep integers).
import { int, string } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import { BYTES_PER_ELEMENT, isFloat } from "../../../tensor/dtype.ts";
import { operands } from "../arithmetic.ts";
import type { Call } from "../call.ts";
import { promote } from "../promote.ts";
import type { Rule } from "../rule.ts";

const COMPARISONS: Readonly<Record<string, string>> = {
  eq: "Equal",
  ne: "Equal",
  not_equal: "Equal",
  lt: "Less",
  less: "Less",
  le: "LessOrEqual",
  less_equal: "LessOrEqual",
  gt: "Greater",
  greater: "Greater",
  ge: "GreaterOrEqual",
  greater_equal: "GreaterOrEqual",
};

export const COMPARE: Rule = {
  targets: Object.keys(COMPARISONS).flatMap((name) => [`aten::${name}.Tensor`, `aten::${name}.Scalar`]),
  emit(call) {
    const [a, b] = operands(call);
    const result = call.op(COMPARISONS[call.name] as string, [a, b]); // it has the target
    return /^(ne|not_equal)$/.test(call.name) ? call.op("Not", [result]) : result;
  },
};

export const LOGIC: Rule = {
  targets: ["and", "or", "xor"].map((name) => `aten::logical_${name}.default`),
  emit(call) {
    const op = { logical_and: "And", logical_or: "Or", logical_xor: "Xor" }[call.name] as string; // one of the three
    return call.op(op, [truth(call, "self"), truth(call, "other")]);
  },
};

export const LOGICAL_NOT: Rule = {
  targets: ["aten::logical_not.default"],
  emit: (call) => call.op("Not", [truth(call, "self")]),
};

export const BITWISE: Rule = {
  targets: ["and", "or", "xor"].flatMap((name) => [
    `aten::bitwise_${name}.Tensor`,
    `aten::bitwise_${name}.Scalar`,
    `aten::bitwise_${name}.Scalar_Tensor`,
    `aten::__${name}__.Tensor`,
    `aten::__${name}__.Scalar`,
  ]),
  emit(call) {
    const kind = /and|xor|or/.exec(call.name)?.[0] ?? "";
    const title = { and: "And", or: "Or", xor: "Xor" }[kind] as string; // one of the three
    const { dtype } = call.result();
    return call.op(dtype === "bool" ? title : `Bitwise${title}`, [
      call.as("self", dtype),
      call.as("other", dtype),
    ]);
  },
};

export const BITWISE_NOT: Rule = {
  targets: ["aten::bitwise_not.default"],
  emit: (call) => call.op(call.dtypeOf("self") === "bool" ? "Not" : "BitwiseNot", [call.tensor("self")]),
};

/**
 * Left shifts multiply and right shifts divide, rounding down, so that negative numbers shift arithmetically.
 * Places that a number does not have, negative ones too, leave nothing of it, or to the right its sign.
 */
export const SHIFT: Rule = {
  targets: ["left", "right"].flatMap((side) => {
    const short = side === "left" ? "__lshift__" : "__rshift__";
    return [
      `aten::bitwise_${side}_shift.Tensor`,
      `aten::bitwise_${side}_shift.Tensor_Scalar`,
      `aten::${short}.Tensor`,
      `aten::${short}.Scalar`,
    ];
  }),
  emit(call) {
    const { dtype } = call.result();
    const left = /left|lshift/.test(call.name);
    const places = call.as("other", "int64");
    const zero = call.number(0, "int64");
    const bits = call.number(8 * BYTES_PER_ELEMENT[dtype], "int64");
    const beyond = call.op("Or", [
      call.op("Less", [places, zero]),
      call.op("GreaterOrEqual", [places, bits]),
    ]);
    const within = call.op("Where", [beyond, call.number(63, "int64"), places]);
    // In two steps, since int64 does not hold 2^63.
    const half = call.op("Div", [within, call.number(2, "int64")]);
    const shifted = [half, call.op("Sub", [within, half])].reduce(
      (value, step) => shift(call, value, step, left),
      call.as("self", "int64"),
    );
    return call.cast(left ? call.op("Where", [beyond, zero, shifted]) : shifted, "int64", dtype);
  },
};

/** By at most 62 places. */
function shift(call: Call, value: Value, places: Value, left: boolean): Value {
  const one = call.number(1, "uint64");
  const power = call.op("BitShift", [one, call.cast(places, "int64", "uint64")], {
    direction: string("LEFT"),
  });
  const factor = call.cast(power, "uint64", "int64");
  if (left) return call.op("Mul", [value, factor]);
  const rest = call.op("Mod", [value, factor]);
  return call.op("Div", [call.op("Sub", [value, rest]), factor]);
}

const TESTS: Readonly<Record<string, (call: Call, x: Value) => Value>> = {
  isnan: (call, x) => call.op("IsNaN", [x]),
  isinf: (call, x) => call.op("IsInf", [x]),
  isposinf: (call, x) => call.op("IsInf", [x], { detect_negative: int(0) }),
  isneginf: (call, x) => call.op("IsInf", [x], { detect_positive: int(0) }),
  isfinite: (call, x) => call.op("Not", [call.op("Or", [call.op("IsInf", [x]), call.op("IsNaN", [x])])]),
};

/** Integers are finite and no NaN. */
export const FLOAT_TEST: Rule = {
  targets: Object.keys(TESTS).map((name) => `aten::${name}.default`),
  emit(call) {
    const { dtype } = call.type("self");
    const x = isFloat(dtype) ? call.tensor("self") : call.as("self", "float32");
    return TESTS[call.name]?.(call, x) ?? x;
  },
};

export const IS_REAL: Rule = {
  targets: ["aten::isreal.default"],
  emit(call) {
    const zero = call.op("Not", [truth(call, "self")]);
    return call.op("Or", [zero, call.op("Not", [zero])]);
  },
};

/** |a - b| <= atol + rtol |b|, or equal; NaN equals NaN if asked. */
export const IS_CLOSE: Rule = {
  targets: ["aten::isclose.default"],
  emit(call) {
    const dtype = promote([call.operand("self"), call.operand("other")]);
    const real = isFloat(dtype) ? dtype : "float64";
    const [a, b] = [call.as("self", real), call.as("other", real)];
    const allowed = call.op("Mul", [call.op("Abs", [b]), call.number(call.float("rtol"), real)]);
    const bound = call.op("Add", [allowed, call.number(call.float("atol"), real)]);
    const gap = call.op("Abs", [call.op("Sub", [a, b])]);
    // A finite number is never close to an infinite one, whose bound is infinite.
    const finite = call.op("Not", [call.op("IsInf", [gap])]);
    const near = call.op("And", [call.op("LessOrEqual", [gap, bound]), finite]);
    const close = call.op("Or", [call.op("Equal", [a, b]), near]);
    if (!call.bool("equal_nan")) return close;
    return call.op("Or", [close, call.op("And", [call.op("IsNaN", [a]), call.op("IsNaN", [b])])]);
  },
};

/** Whether elements are not zero. */
function truth(call: Call, name: string): Value {
  return call.as(name, "bool");
}
