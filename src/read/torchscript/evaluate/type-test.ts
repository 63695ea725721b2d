// `isinstance`: whether a value is of a type as the code writes it.
import type { Expression } from "../source/syntax.ts";
import { itemsOf, type Value } from "../values.ts";
import { dottedName } from "./dotted-name.ts";

const KINDS: Readonly<Record<string, readonly Value["kind"][]>> = {
  Tensor: ["tensor"],
  int: ["int"],
  float: ["float"],
  bool: ["bool"],
  str: ["string"],
  complex: ["complex"],
  number: ["int", "float", "complex"],
  Device: ["device"],
  NoneType: ["none"],
  None: ["none"],
};

/** Whether it is; undefined for types that are not told apart. */
export function isInstance(value: Value, type: Expression): boolean | undefined {
  if (type.kind === "tuple" || type.kind === "list") return anyOf(value, type.items);
  if (type.kind === "subscript" && type.object.kind === "name")
    return isGeneric(value, type.object.name, type.index);
  const name = dottedName(type);
  if (name === undefined) return undefined;
  if (name === "Any") return true;
  if (name === "list") return value.kind === "list";
  if (name === "tuple") return value.kind === "tuple";
  if (name === "dict") return value.kind === "dict";
  const kinds = KINDS[name];
  if (kinds) return value.kind === "scalar" ? value.type === name : kinds.includes(value.kind);
  return value.kind === "object" ? value.className === name : false;
}

function anyOf(value: Value, types: readonly Expression[]): boolean | undefined {
  const answers = types.map((type) => isInstance(value, type));
  return answers.includes(true) ? true : answers.includes(undefined) ? undefined : false;
}

function isGeneric(value: Value, name: string, argument: Expression): boolean | undefined {
  switch (name) {
    case "Optional":
      return value.kind === "none" || isInstance(value, argument);
    case "Union":
      return anyOf(value, argument.kind === "tuple" ? argument.items : [argument]);
    case "List":
      return value.kind === "list" && allOf(value.items, () => argument);
    case "Tuple": {
      const types = argument.kind === "tuple" ? argument.items : [argument];
      const items = itemsOf(value) ?? [];
      if (value.kind !== "tuple" || items.length !== types.length) return false;
      return allOf(items, (index) => types[index] ?? argument);
    }
    case "Dict":
      return value.kind === "dict";
    default:
      return undefined;
  }
}

function allOf(items: readonly Value[], typeAt: (index: number) => Expression): boolean | undefined {
  const answers = items.map((item, index) => isInstance(item, typeAt(index)));
  return answers.includes(false) ? false : answers.includes(undefined) ? undefined : true;
}
