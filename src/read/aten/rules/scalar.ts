// Numbers taken out of tensors, and Python's arithmetic on numbers that only running tells.
// Integers that sizes depend on are dimensions and need no nodes; what comes here are floats, bools, and `item`.
import type { Value } from "../../../graph/graph.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

/** An integer becomes an int64 scalar, which defines a symbol; a float a float64 scalar. */
export const ITEM: Rule = {
  targets: ["aten::item.default", "aten::_local_scalar_dense.default"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    const integer = call.call.outputs[0]?.kind === "int";
    const scalar = call.reshape(call.tensor("self"), shape, []);
    if (dtype === "bool" && !integer) return scalar;
    return call.cast(scalar, dtype, integer ? "int64" : "float64");
  },
};

const ARITHMETIC: Readonly<Record<string, string>> = {
  add: "Add",
  sub: "Sub",
  mul: "Mul",
  truediv: "Div",
  pow: "Pow",
  lt: "Less",
  le: "LessOrEqual",
  gt: "Greater",
  ge: "GreaterOrEqual",
  eq: "Equal",
};

export const SCALAR_ARITHMETIC: Rule = {
  targets: Object.keys(ARITHMETIC).map((name) => `_operator::${name}`),
  emit: (call) => call.op(ARITHMETIC[call.name] as string, [operand(call, "a", 0), operand(call, "b", 1)]), // it has the target
};

const LOGIC: Readonly<Record<string, string>> = { and_: "And", or_: "Or" };

export const SCALAR_LOGIC: Rule = {
  targets: Object.keys(LOGIC).map((name) => `_operator::${name}`),
  emit: (call) => call.op(LOGIC[call.name] as string, [operand(call, "a", 0), operand(call, "b", 1)]), // it has the target
};

export const SCALAR_UNARY: Rule = {
  targets: ["_operator::neg", "torch::sym_float", "torch::sym_sqrt", "torch::_sym_sqrt", "torch::sym_not"],
  emit(call) {
    const x = operand(call, "a", 0);
    if (call.name === "neg") return call.op("Neg", [x]);
    if (call.name === "sym_not") return call.op("Not", [x]);
    return call.name === "sym_float" ? x : call.op("Sqrt", [x]);
  },
};

/** A float to an integer, which defines a symbol: a size that was scaled, `int(size * 1.7)`. */
export const SCALAR_TRUNCATION: Rule = {
  targets: ["math::trunc"],
  emit: (call) => call.cast(operand(call, "x", 0), "float64", "int64"),
};

function operand(call: Call, name: string, place: number): Value {
  return call.scalarValue(call.call.args.has(name) ? name : String(place));
}
