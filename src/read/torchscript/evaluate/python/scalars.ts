// Python's arithmetic on numbers of which some are computed: each operation becomes a call on values without axes.
// Reals are float64, as in Python. Integers that sizes can be made of are expressions and need no call (numbers.ts).
import { tensorType } from "../../../../graph/type.ts";
import type { RankedType } from "../../../../graph/typed-graph.ts";
import type { AtenArgument } from "../../../aten/program.ts";
import { int, type ScalarValue, type Value } from "../../values.ts";
import { itemOf } from "../call-operator.ts";
import { ratioIn } from "../contents.ts";
import { combined, roundedTo } from "../ratio.ts";
import { appendTensor } from "../stacks.ts";
import type { Builtin, BuiltinCall, BuiltinTable } from "./builtin.ts";

/** Appends a call of an operator of `_operator` or `torch`; its one result is a number of this type. */
export function computeScalar(
  operator: string,
  operands: readonly Value[],
  type: "float" | "bool",
  { context, place }: BuiltinCall,
  text?: string,
): ScalarValue | undefined {
  const args = new Map<string, AtenArgument>();
  for (const [index, operand] of operands.entries()) {
    const argument = argumentOf(operand);
    if (!argument) return undefined;
    args.set("ab"[index] ?? "", argument);
  }
  const { builder } = context;
  const name = builder.freshName(operator.replace(/^.*::/, ""));
  const target = operator.includes("::") ? operator : `_operator::${operator}`;
  builder.types.set(name, tensorType(type === "float" ? "float64" : "bool", []));
  builder.append({
    target,
    args,
    outputs: [{ kind: "symbol", value: name }],
    origin: { scope: place.scope, operator: target, line: place.line },
  });
  return { kind: "scalar", type, name, ...(text === undefined ? {} : { text }) };
}

export function notScalar(value: ScalarValue, call: BuiltinCall): ScalarValue {
  const text = value.text === undefined ? undefined : `not ${value.text}`;
  return computeScalar("torch::sym_not", [value], "bool", call, text) ?? value;
}

function argumentOf(value: Value): AtenArgument | undefined {
  if (value.kind === "scalar") return { kind: "symbol", value: value.name };
  return value.kind === "int" || value.kind === "float" || value.kind === "bool" ? value : undefined;
}

function isNumber(value: Value | undefined): boolean {
  return (
    value?.kind === "int" || value?.kind === "float" || (value?.kind === "scalar" && value.type === "float")
  );
}

export function isTruth(value: Value | undefined): boolean {
  return value?.kind === "bool" || (value?.kind === "scalar" && value.type === "bool");
}

const arithmetic =
  (operator: string): Builtin =>
  ([a, b, ...more], call) => {
    if (!a || !b || more.length > 0 || !isNumber(a) || !isNumber(b)) return undefined;
    const [left, right] = [ratioIn(a), ratioIn(b)];
    const ratio = left && right && combined(operator === "truediv" ? "div" : operator, left, right);
    const made = computeScalar(operator, [a, b], "float", call);
    return made && { ...made, ratio };
  };

/** Rounds a float to an integer. */
const rounding =
  (how: "floor" | "ceil"): Builtin =>
  ([x, ...more], { context, place }) => {
    if (x?.kind !== "scalar" || x.type !== "float" || more.length > 0) return undefined;
    const size = x.ratio && roundedTo(how, x.ratio);
    if (size !== undefined) return int(size);
    const self: AtenArgument = { kind: "tensor", value: x.name };
    const type = context.builder.typeOf(x.name);
    const made = appendTensor(`aten::${how}.default`, { self }, type, context.builder, place);
    return integerOf(made.name, { context, place });
  };

/** The integer that cutting off a computed number gives. */
export function integerOf(name: string, { context, place }: Pick<BuiltinCall, "context" | "place">): Value {
  const dtype: AtenArgument = { kind: "dtype", value: "int64" };
  const args = { self: { kind: "tensor", value: name }, dtype } as const;
  return itemOf(appendTensor("aten::to.dtype", args, INTEGER, context.builder, place), context, place);
}

const INTEGER: RankedType = { kind: "tensor", dtype: "int64", shape: [] };

const comparison =
  (operator: string): Builtin =>
  ([a, b], call) => {
    const areTruths = operator === "eq" || operator === "ne" ? isTruth(a) && isTruth(b) : false;
    if (!a || !b || !((isNumber(a) && isNumber(b)) || areTruths)) return undefined;
    const text = a.kind === "int" && b.kind === "int" ? `${a.value} ${operator} ${b.value}` : undefined;
    if (operator !== "ne") return computeScalar(operator, [a, b], "bool", call, text);
    const same = computeScalar("eq", [a, b], "bool", call);
    const differ = same && computeScalar("torch::sym_not", [same], "bool", call, text);
    return differ;
  };

/** Where all are integers, the result is one too, which is for the arithmetic of sizes alone to say. */
const ofReals =
  (operator: string): Builtin =>
  (args, call) =>
    args.every((value) => value.kind === "int") ? undefined : arithmetic(operator)(args, call);

export const SCALARS: BuiltinTable = {
  add: ofReals("add"),
  sub: ofReals("sub"),
  mul: ofReals("mul"),
  div: arithmetic("truediv"),
  truediv: arithmetic("truediv"),
  pow: ofReals("pow"),
  floor: rounding("floor"),
  ceil: rounding("ceil"),
  neg: ([x], call) =>
    x?.kind === "scalar" && x.type === "float" ? computeScalar("neg", [x], "float", call) : undefined,
  sqrt: ([x], call) => (x && isNumber(x) ? computeScalar("torch::sym_sqrt", [x], "float", call) : undefined),
  eq: comparison("eq"),
  ne: comparison("ne"),
  lt: comparison("lt"),
  le: comparison("le"),
  gt: comparison("gt"),
  ge: comparison("ge"),
};
