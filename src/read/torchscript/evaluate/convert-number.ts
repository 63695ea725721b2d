// `int(x)`, `float(x)`, `bool(x)`: of Python's numbers at once, of tensors through a call.
import { Unfollowed } from "../refusal.ts";
import { bool, describe, float, int, type Value } from "../values.ts";
import { callOperator, itemOf } from "./call-operator.ts";
import type { Context, Place } from "./context.ts";
import type { BuiltinCall } from "./python/builtin.ts";
import { builtinsOf } from "./python/builtins.ts";
import { computeScalar, integerOf } from "./python/scalars.ts";
import { roundedTo } from "./ratio.ts";

export function convertNumber(
  to: "int" | "float" | "bool",
  value: Value,
  context: Context,
  place: Place,
): Value {
  const plain = value.kind === "tensor" ? fromTensor(to, value, context, place) : value;
  const converted = CONVERSIONS[to](plain) ?? compute(to, plain, context, place);
  if (!converted) throw new Unfollowed(`${to} of ${describe(value)}`);
  return converted;
}

/** Of a number that only running tells. */
function compute(
  to: "int" | "float" | "bool",
  value: Value,
  context: Context,
  place: Place,
): Value | undefined {
  const call = { named: new Map<string, Value>(), context, place };
  if (value.kind === "int" && to === "float") return computeScalar("mul", [value, float(1)], "float", call);
  if (value.kind === "int" && to === "bool") return builtin("ne", [value, int(0)], call);
  if (value.kind !== "scalar") return undefined;
  if (to === "int") return integerOf(value.name, call);
  if (to === "float") return computeScalar("mul", [value, float(1)], "float", call);
  return builtin("ne", [value, float(0)], call);
}

function builtin(name: string, args: readonly Value[], call: BuiltinCall): Value | undefined {
  for (const found of builtinsOf(name)) {
    const value = found(args, call);
    if (value) return value;
  }
  return undefined;
}

function fromTensor(
  to: "int" | "float" | "bool",
  value: Extract<Value, { kind: "tensor" }>,
  context: Context,
  place: Place,
): Value {
  if (to !== "bool" || value.contents !== undefined || context.builder.typeOf(value.name).dtype === "bool")
    return itemOf(value, context, place);
  const isNot = callOperator("aten::ne", { positional: [value, int(0)], named: new Map() }, context, place);
  return isNot?.kind === "tensor" ? itemOf(isNot, context, place) : value;
}

const CONVERSIONS: Readonly<Record<"int" | "float" | "bool", (value: Value) => Value | undefined>> = {
  int: (value) => {
    if (value.kind === "float")
      return Number.isFinite(value.value) ? int(Math.trunc(value.value)) : undefined;
    if (value.kind === "bool") return int(value.value ? 1 : 0);
    const size = value.kind === "scalar" && value.ratio ? roundedTo("trunc", value.ratio) : undefined;
    if (size !== undefined) return int(size);
    if (value.kind === "string") return /^[-+]?\d+$/.test(value.value) ? int(Number(value.value)) : undefined;
    return value.kind === "int" ? value : undefined;
  },
  float: (value) => {
    if (value.kind === "int") return typeof value.value === "number" ? float(value.value) : undefined;
    if (value.kind === "bool") return float(value.value ? 1 : 0);
    if (value.kind === "string")
      return value.value === "inf"
        ? float(Number.POSITIVE_INFINITY)
        : value.value === "-inf"
          ? float(Number.NEGATIVE_INFINITY)
          : undefined;
    return value.kind === "float" || (value.kind === "scalar" && value.type === "float") ? value : undefined;
  },
  bool: (value) => {
    if (value.kind === "float") return bool(value.value !== 0);
    if (value.kind === "int") return typeof value.value === "number" ? bool(value.value !== 0) : undefined;
    if (value.kind === "scalar" && value.type !== "bool") return undefined;
    return value.kind === "bool" || value.kind === "scalar" ? value : undefined;
  },
};
