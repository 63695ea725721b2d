// Operators that take or give a list of tensors, where only running tells how many there are: the list is one tensor.
import { int, itemsOf, type ListValue, NONE, type TensorValue, type Value } from "../values.ts";
import type { CallAten } from "./cells.ts";
import type { Arguments } from "./context.ts";

/** `stack`, `cat` and their like of such a list, `unbind` that gives one; undefined for everything else. */
export function callOnStack(operator: string, given: Arguments, call: CallAten): Value | undefined {
  const [list] = given.positional;
  if (operator === "aten::unbind" && list?.kind === "tensor") return takenApart(list, given, call);
  if (list?.kind !== "list" || list.stack?.element !== "tensor") return undefined;
  const known = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  const axis = given.positional[1] ?? given.named.get("dim") ?? int(0);
  return axis.kind === "int" && typeof axis.value === "number" ? known?.(list, axis.value, call) : undefined;
}

/** The parts of an axis whose size is free; undefined where it is fixed. */
function takenApart(whole: TensorValue, given: Arguments, call: CallAten): Value | undefined {
  const axis = given.positional[1] ?? given.named.get("dim") ?? int(0);
  if (axis.kind !== "int" || typeof axis.value !== "number") return undefined;
  const size = (itemsOf(call("size", whole)) ?? []).at(axis.value);
  if (size?.kind !== "int" || typeof size.value === "number") return undefined;
  const inFront = axis.value === 0 ? whole : call("movedim", whole, axis, int(0));
  if (inFront.kind !== "tensor") return undefined;
  return { kind: "list", items: [], stack: { element: "tensor", tensor: inFront } };
}

type OnStack = (list: ListValue, axis: number, call: CallAten) => Value;

const stack: OnStack = (list, axis, call) => {
  const whole = list.stack?.tensor ?? NONE;
  return axis === 0 ? whole : call("movedim", whole, int(0), int(axis));
};

/** Items [a, n, b], m of them: [m, a, n, b] becomes [a, m, n, b], and the two axes one. */
const cat: OnStack = (list, axis, call) => {
  const whole = list.stack?.tensor ?? NONE;
  const rank = (itemsOf(call("size", whole)) ?? []).length - 1;
  const at = axis < 0 ? axis + rank : axis;
  const moved = at === 0 ? whole : call("movedim", whole, int(0), int(at));
  return call("flatten", moved, int(at), int(at + 1));
};

const OPERATORS: Readonly<Record<string, OnStack>> = {
  "aten::stack": stack,
  "aten::cat": cat,
  "aten::concat": cat,
  "aten::concatenate": cat,
};
