// Brings a value into the type that an operator's schema wants, or says that it does not fit.
// `exact` allows what TorchScript calls subtyping only; else numbers become tensors, tensors numbers, integers floats.
// Not here: choosing among an operator's overloads (call-operator.ts).
import type { Dim } from "../../../graph/dim.ts";
import type { AtenArgument } from "../../aten/program.ts";
import { C10_DTYPES } from "../dtypes.ts";
import { describe, itemsOf, type Value } from "../values.ts";

export interface Conversion {
  readonly exact: boolean;
  /** Constants that were Python's numbers are given as numbers, for operators that promote types. */
  readonly unwraps: boolean;
  /** The number in a tensor, which may need a call; undefined if it has more than one element. */
  numberOf(
    value: Extract<Value, { kind: "tensor" }>,
    type: "int" | "float" | "Scalar",
  ): AtenArgument | undefined;
}

/** The argument; undefined if the value does not fit the type. */
export function convertArgument(value: Value, type: string, how: Conversion): AtenArgument | undefined {
  if (type.endsWith("?") && !type.endsWith("]?")) {
    return value.kind === "none" ? { kind: "none" } : convertArgument(value, type.slice(0, -1), how);
  }
  const list = /^(.*)\[(\d*)\](\?)?$/.exec(type);
  if (!list) return SINGLE.get(type)?.(value, how);
  const [, element = "", count, optional] = list;
  if (value.kind === "none") return optional ? { kind: "none" } : undefined;
  return convertList(value, element, count !== "", how);
}

type Single = (value: Value, how: Conversion) => AtenArgument | undefined;

/** Devices, layouts and memory formats mean nothing here. */
const ignored: Single = (value) =>
  value.kind === "int" || value.kind === "device" || value.kind === "string"
    ? { kind: "other", text: describe(value) }
    : undefined;

const integer: Single = (value, how) => {
  if (value.kind === "int") return value;
  return value.kind === "tensor" && !how.exact ? how.numberOf(value, "int") : undefined;
};

const SINGLE: ReadonlyMap<string, Single> = new Map<string, Single>([
  ["Tensor", asTensor],
  ["int", integer],
  ["SymInt", integer],
  ["float", asFloat],
  ["Scalar", asScalar],
  ["bool", (value) => (value.kind === "bool" ? value : undefined)],
  ["str", (value) => (value.kind === "string" ? value : undefined)],
  ["ScalarType", asDType],
  ["Device", ignored],
  ["Layout", ignored],
  ["MemoryFormat", ignored],
]);

function asTensor(value: Value, { exact, unwraps }: Conversion): AtenArgument | undefined {
  if (value.kind === "tensor" && unwraps && value.number) return value.number;
  if (value.kind === "tensor") return { kind: "tensor", value: value.name };
  if (exact) return undefined;
  if (value.kind === "int" || value.kind === "float" || value.kind === "bool") return value;
  return value.kind === "scalar" ? { kind: "tensor", value: value.name } : undefined;
}

function asFloat(value: Value, how: Conversion): AtenArgument | undefined {
  if (value.kind === "float") return value;
  if (value.kind === "scalar" && value.type === "float") return { kind: "symbol", value: value.name };
  if (how.exact) return undefined;
  if (value.kind === "int" && typeof value.value === "number") return { kind: "float", value: value.value };
  return value.kind === "tensor" ? how.numberOf(value, "float") : undefined;
}

function asScalar(value: Value, how: Conversion): AtenArgument | undefined {
  if (value.kind === "int" || value.kind === "float" || value.kind === "bool" || value.kind === "complex")
    return value;
  if (value.kind === "scalar") return { kind: "symbol", value: value.name };
  return value.kind === "tensor" && !how.exact ? how.numberOf(value, "Scalar") : undefined;
}

function asDType(value: Value): AtenArgument | undefined {
  const dtype = value.kind === "int" ? C10_DTYPES.get(Number(value.value)) : undefined;
  if (dtype) return { kind: "dtype", value: dtype };
  return value.kind === "int" ? { kind: "other", text: `element type ${value.value}` } : undefined;
}

/** `int[2]` also takes one integer for all places. */
function convertList(
  value: Value,
  element: string,
  sized: boolean,
  how: Conversion,
): AtenArgument | undefined {
  const items = itemsOf(value);
  if (!items) {
    const single = sized && !element.startsWith("Tensor") ? convertArgument(value, element, how) : undefined;
    return single && collect([single], element);
  }
  const parts: AtenArgument[] = [];
  for (const item of items) {
    const part = convertArgument(item, element, how);
    if (!part) return undefined;
    parts.push(part);
  }
  return collect(parts, element);
}

function collect(parts: readonly AtenArgument[], element: string): AtenArgument | undefined {
  if (element.startsWith("Tensor")) {
    return {
      kind: "tensors",
      values: parts.map((part) => (part.kind === "tensor" ? part.value : undefined)),
    };
  }
  if (element === "int" || element === "SymInt") {
    const values = parts.flatMap((part): Dim[] => (part.kind === "int" ? [part.value] : []));
    return values.length === parts.length ? { kind: "ints", values } : undefined;
  }
  if (element === "float") {
    const values = parts.flatMap((part) => (part.kind === "float" ? [part.value] : []));
    return values.length === parts.length ? { kind: "floats", values } : undefined;
  }
  if (element === "bool") {
    return { kind: "bools", values: parts.flatMap((part) => (part.kind === "bool" ? [part.value] : [])) };
  }
  return undefined;
}
