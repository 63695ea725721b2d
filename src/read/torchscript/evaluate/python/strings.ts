// Strings. Most of them end in messages of errors that are not raised; some choose what a module does.
import { bool, describe, list, string, type Value } from "../../values.ts";
import type { Builtin, BuiltinTable } from "./builtin.ts";

/** A value as Python prints it; tensors and containers end in messages only and are named by their kind. */
export function textOf(value: Value): string {
  if (value.kind === "string") return value.value;
  if (value.kind === "int") return String(value.value);
  if (value.kind === "bool") return value.value ? "True" : "False";
  if (value.kind === "float")
    return Number.isInteger(value.value) ? value.value.toFixed(1) : String(value.value);
  return describe(value);
}

const onText =
  (act: (text: string, other: string) => ReturnType<Builtin>): Builtin =>
  ([target, other]) =>
    target?.kind === "string" ? act(target.value, other?.kind === "string" ? other.value : "") : undefined;

export const STRINGS: BuiltinTable = {
  add: ([a, b]) => (a?.kind === "string" && b?.kind === "string" ? string(a.value + b.value) : undefined),
  startswith: onText((text, other) => bool(text.startsWith(other))),
  endswith: onText((text, other) => bool(text.endsWith(other))),
  lower: onText((text) => string(text.toLowerCase())),
  upper: onText((text) => string(text.toUpperCase())),
  strip: onText((text) => string(text.trim())),
  split: ([target, separator]) =>
    target?.kind === "string" && separator?.kind === "string"
      ? list(target.value.split(separator.value).map(string))
      : undefined,
  str: ([x]) => x && string(textOf(x)),
  format: ([pattern, ...args]) => {
    if (pattern?.kind !== "string") return undefined;
    let next = 0;
    return string(pattern.value.replace(/\{\}/g, () => textOf(args[next++] ?? string(""))));
  },
  join: ([separator, parts]) => {
    if (separator?.kind !== "string" || parts?.kind !== "list") return undefined;
    return string(
      parts.items.map((part) => (part.kind === "string" ? part.value : "")).join(separator.value),
    );
  },
};
