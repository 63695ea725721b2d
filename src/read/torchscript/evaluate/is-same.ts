// Whether two values are certainly one.
import { sameDim } from "../../../graph/dim.ts";
import type { Value } from "../values.ts";

export function isSame(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  if (a.kind === "none" || a.kind === "uninitialized") return true;
  if ((a.kind === "tensor" && b.kind === "tensor") || (a.kind === "scalar" && b.kind === "scalar"))
    return a.name === b.name;
  if (a.kind === "int" && b.kind === "int") return sameDim(a.value, b.value);
  if (a.kind === "tuple" && b.kind === "tuple") return areSame(a.items, b.items);
  if (a.kind === "maybe" && b.kind === "maybe")
    return isSame(a.present, b.present) && isSame(a.value, b.value);
  if (a.kind === "list" && b.kind === "list") return a.stack === b.stack && areSame(a.items, b.items);
  if (a.kind === "method" && b.kind === "method") return a.object === b.object && a.name === b.name;
  if (a.kind === "complex" && b.kind === "complex") return a.real === b.real && a.imaginary === b.imaginary;
  if ((a.kind === "function" && b.kind === "function") || (a.kind === "device" && b.kind === "device"))
    return a.name === b.name;
  return "value" in a && "value" in b && Object.is(a.value, b.value);
}

function areSame(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((item, index) => isSame(item, b[index] as Value));
}
