// Lists, tuples and dicts: they are shared by reference, so that `append` shows everywhere.
import type { Dim } from "../../../../graph/dim.ts";
import { Unfollowed } from "../../refusal.ts";
import {
  bool,
  type DictValue,
  describe,
  float,
  int,
  itemsOf,
  keyOf,
  type ListValue,
  list,
  NONE,
  type Stack,
  tuple,
  type Value,
} from "../../values.ts";
import { itemOf } from "../call-operator.ts";
import { rangeFrom, tripsOf } from "../range.ts";
import { appendTensor, pushed } from "../stacks.ts";
import type { Builtin, BuiltinCall, BuiltinTable } from "./builtin.ts";
import { NUMBERS } from "./numbers.ts";

/** Elements in a list: `[0] * n` with a large n must not fill memory. */
const MAX_ITEMS = 1_000_000;

/** Items in a list of its own, bounded. */
function newList(items: readonly Value[]): ListValue {
  if (items.length > MAX_ITEMS) throw new Unfollowed(`a list of over ${MAX_ITEMS} elements`);
  return list(items);
}

/** A place in a sequence; negative ones count from the end. */
export function placeOf(index: Value | undefined, length: number): number {
  if (index?.kind !== "int" || typeof index.value !== "number")
    throw new Unfollowed(`a list is indexed with ${index ? describe(index) : "nothing"}`);
  const place = index.value < 0 ? index.value + length : index.value;
  if (place < 0 || place >= length) throw new Unfollowed(`place ${index.value} of a list of ${length}`);
  return place;
}

/** `x[i]` for lists, tuples and dicts. */
export function itemAt(container: Value, index: Value, call: BuiltinCall): Value | undefined {
  if (container.kind === "list" && container.stack) return itemOfStack(container.stack, index, call);
  if (container.kind === "dict") {
    const found = container.entries.get(wantedKey(index));
    if (!found) throw new Unfollowed(`the key ${describe(index)} is not in a dict`);
    return found.value;
  }
  if (container.kind === "string")
    return { kind: "string", value: container.value[placeOf(index, container.value.length)] ?? "" };
  const items = itemsOf(container);
  return items?.[placeOf(index, items.length)];
}

function itemOfStack(stack: Stack, index: Value, call: BuiltinCall): Value {
  if (index.kind !== "int") throw new Unfollowed(`a list is indexed with ${describe(index)}`);
  const { builder } = call.context;
  const { dtype, shape } = builder.typeOf(stack.tensor.name);
  const args = {
    self: { kind: "tensor", value: stack.tensor.name },
    dim: { kind: "int", value: 0 },
    index: { kind: "int", value: index.value },
  } as const;
  const type = { kind: "tensor", dtype, shape: shape.slice(1) } as const;
  const item = appendTensor("aten::select.int", args, type, builder, call.place);
  return stack.element === "tensor" ? item : itemOf(item, call.context, call.place);
}

function wantedKey(value: Value): string | number | boolean {
  const key = keyOf(value);
  if (key === undefined) throw new Unfollowed(`${describe(value)} as the key of a dict`);
  return key;
}

export function setItem(container: Value, index: Value, value: Value): void {
  if (container.kind === "list" && !container.stack)
    container.items[placeOf(index, container.items.length)] = value;
  else if (container.kind === "dict") container.entries.set(wantedKey(index), { key: index, value });
  else throw new Unfollowed(`an element of ${describe(container)} is set`);
}

/** `dict()`, of pairs of keys and values, or of another dict. */
const dictOf: Builtin = ([from]) => {
  const made: DictValue = { kind: "dict", entries: new Map(from?.kind === "dict" ? from.entries : []) };
  if (from === undefined || from.kind === "dict") return made;
  const pairs = from.kind === "list" && !from.stack ? from.items : undefined;
  if (!pairs) return undefined;
  for (const pair of pairs) {
    const [key, value] = itemsOf(pair) ?? [];
    if (!key || !value) return undefined;
    setItem(made, key, value);
  }
  return made;
};

/** A built-in that works on a list alone. */
const onList =
  (act: (target: ListValue, args: readonly Value[]) => Value | undefined): Builtin =>
  ([target, ...args]) => {
    if (target?.kind !== "list") return undefined;
    if (target.stack) throw new Unfollowed(`${describe(target)} is changed other than by append`);
    return act(target, args);
  };

const onDict =
  (act: (target: DictValue, args: readonly Value[]) => Value | undefined): Builtin =>
  ([target, ...args]) =>
    target?.kind === "dict" ? act(target, args) : undefined;

const slice: Builtin = ([target, from, to, by]) => {
  const items = target?.kind === "string" ? undefined : target && itemsOf(target);
  if (!target || (!items && target.kind !== "string")) return undefined;
  const length = items?.length ?? (target.kind === "string" ? target.value.length : 0);
  const step = bound(by, 1);
  if (step <= 0) throw new Unfollowed(`a slice with a step of ${step}`);
  const [start, end] = [clamped(bound(from, 0), length), clamped(bound(to, length), length)];
  if (target.kind === "string") return { kind: "string", value: target.value.slice(start, end) };
  const chosen = (items ?? []).slice(start, end).filter((_, index) => index % step === 0);
  return target.kind === "tuple" ? tuple(chosen) : newList(chosen);
};

function bound(value: Value | undefined, fallback: number): number {
  if (!value || value.kind === "none") return fallback;
  if (value.kind === "int" && typeof value.value === "number") return value.value;
  throw new Unfollowed(`a list is cut at ${describe(value)}`);
}

function clamped(at: number, length: number): number {
  return Math.min(Math.max(at < 0 ? at + length : at, 0), length);
}

const add: Builtin = ([a, b]) => {
  if (a?.kind === "list" && b?.kind === "list") return newList([...a.items, ...b.items]);
  return a?.kind === "tuple" && b?.kind === "tuple" ? tuple([...a.items, ...b.items]) : undefined;
};

const multiply: Builtin = ([a, b]) => {
  const [items, times] = a?.kind === "list" ? [a, b] : [b, a];
  if (items?.kind !== "list" || times?.kind !== "int" || typeof times.value !== "number") return undefined;
  if (items.items.length * times.value > MAX_ITEMS)
    throw new Unfollowed(`a list of over ${MAX_ITEMS} elements`);
  return list(Array.from({ length: Math.max(times.value, 0) }, () => items.items).flat());
};

/** Whether two values are equal; undefined where only running tells. */
export function isEqual(a: Value, b: Value): boolean | undefined {
  const [left, right] = [itemsOf(a), itemsOf(b)];
  if (left && right) {
    if (left.length !== right.length) return false;
    const parts = left.map((item, index) => isEqual(item, right[index] ?? NONE));
    return parts.includes(false) ? false : parts.includes(undefined) ? undefined : true;
  }
  if (a.kind === "none" || b.kind === "none") return a.kind === b.kind;
  const result = NUMBERS["eq"]?.([a, b], NOWHERE);
  return result?.kind === "bool" ? result.value : undefined;
}

/** Comparing numbers asks for nothing but the numbers. */
const NOWHERE = undefined as never; // arithmetic built-ins ignore their second argument

const equal =
  (wanted: boolean): Builtin =>
  ([a, b]) => {
    if (!a || !b || !itemsOf(a) || !itemsOf(b)) return undefined;
    const known = isEqual(a, b);
    if (known === undefined) throw new Unfollowed("whether two lists are equal depends on the input");
    return bool(known === wanted);
  };

const contains: Builtin = ([target, item]) => {
  if (!target || !item) return undefined;
  if (target.kind === "dict") return bool(target.entries.has(wantedKey(item)));
  if (target.kind === "string" && item.kind === "string") return bool(target.value.includes(item.value));
  const parts = itemsOf(target)?.map((other) => isEqual(other, item));
  if (!parts) return undefined;
  return parts.includes(true) ? bool(true) : parts.includes(undefined) ? undefined : bool(false);
};

const length: Builtin = ([target], { context }) => {
  if (target?.kind === "list" && target.stack)
    return int(context.builder.typeOf(target.stack.tensor.name).shape[0] ?? 0);
  if (target?.kind === "string") return int(target.value.length);
  if (target?.kind === "dict") return int(target.entries.size);
  const items = target && itemsOf(target);
  return items && int(items.length);
};

/** `all` and `any` of a list of truth values or numbers. */
const every =
  (wanted: boolean): Builtin =>
  (args) => {
    const items = args.length === 1 && args[0] ? itemsOf(args[0]) : undefined;
    const truths = items?.map(truthOf);
    if (!truths || truths.includes(undefined)) return undefined;
    return bool(truths.includes(!wanted) ? !wanted : wanted);
  };

function truthOf(value: Value): boolean | undefined {
  if (value.kind === "bool") return value.value;
  if (value.kind === "float") return value.value !== 0;
  return value.kind === "int" && typeof value.value === "number" ? value.value !== 0 : undefined;
}

const summed: Builtin = (args, call) => {
  const items = args.length === 1 && args[0]?.kind === "list" ? args[0].items : undefined;
  if (!items) return undefined;
  const zero: Value = items[0]?.kind === "float" ? float(0) : int(0);
  return items.reduce<Value | undefined>(
    (sum, item) => (sum ? NUMBERS["add"]?.([sum, item], call) : undefined),
    zero,
  );
};

/** The least or greatest of a list of numbers, or of two lists. */
const extreme =
  (name: "min" | "max"): Builtin =>
  (args, call) => {
    const items = args.length === 1 && args[0]?.kind === "list" ? args[0].items : undefined;
    if (!items || items.length === 0) return undefined;
    return items.reduce<Value | undefined>(
      (best, item) => (best ? NUMBERS[name]?.([best, item], call) : undefined),
      items[0],
    );
  };

const sizes = (value: Value): Dim[] | undefined => {
  const items = itemsOf(value);
  const dims = items?.flatMap((item) => (item.kind === "int" ? [item.value] : []));
  return dims && dims.length === items?.length ? dims : undefined;
};

const sorted: Builtin = ([target]) => {
  const dims = target?.kind === "list" ? sizes(target) : undefined;
  if (!dims?.every((dim) => typeof dim === "number")) return undefined;
  return newList(
    dims
      .map(Number)
      .sort((a, b) => a - b)
      .map(int),
  );
};

export const CONTAINERS: BuiltinTable = {
  append: ([target, item], call) => {
    if (target?.kind !== "list") return undefined;
    if (target.items.length >= MAX_ITEMS) throw new Unfollowed(`a list of over ${MAX_ITEMS} elements`);
    if (item && target.stack) target.stack = pushed(target.stack, item, call.context.builder, call.place);
    else if (item) target.items.push(item);
    return target;
  },
  extend: (args, call) => extended(args, call) && NONE,
  insert: onList((target, [index, item]) => {
    const at = index?.kind === "int" && typeof index.value === "number" ? index.value : target.items.length;
    if (item) target.items.splice(at, 0, item);
    return NONE;
  }),
  pop: (args) => popped(args),
  clear: onList((target) => {
    target.items = [];
    return NONE;
  }),
  reverse: onList((target) => {
    target.items.reverse();
    return NONE;
  }),
  copy: ([target]) => (target?.kind === "list" ? { ...target, items: [...target.items] } : undefined),
  index: onList((target, [item]) => {
    const at = item ? target.items.findIndex((other) => isEqual(other, item) === true) : -1;
    return item && item.kind !== "tensor" && at >= 0 ? int(at) : undefined;
  }),
  list: ([target]) => {
    const items =
      target?.kind === "string"
        ? [...target.value].map((char): Value => ({ kind: "string", value: char }))
        : target && itemsOf(target);
    return items && newList(items);
  },
  keys: onDict((target) => newList([...target.entries.values()].map(({ key }) => key))),
  values: onDict((target) => newList([...target.entries.values()].map(({ value }) => value))),
  items: onDict((target) =>
    newList([...target.entries.values()].map(({ key, value }) => tuple([key, value]))),
  ),
  update: onDict((target, [other]) => {
    if (other?.kind === "dict") for (const [key, entry] of other.entries) target.entries.set(key, entry);
    return NONE;
  }),
  get: onDict((target, [key, fallback]) =>
    key ? (target.entries.get(wantedKey(key))?.value ?? fallback ?? NONE) : undefined,
  ),
  _set_item: ([target, index, value]) => {
    if (!target || !index || !value || target.kind === "tensor") return undefined;
    setItem(target, index, value);
    return NONE;
  },
  __getitem__: ([target, index], call) =>
    target && index && target.kind !== "tensor" ? itemAt(target, index, call) : undefined,
  __contains__: contains,
  len: length,
  slice,
  add,
  add_: (args, call) => extended(args, call),
  mul: multiply,
  eq: equal(true),
  ne: equal(false),
  all: every(true),
  any: every(false),
  sum: summed,
  min: extreme("min"),
  max: extreme("max"),
  sorted,
  dict: dictOf,
  __range_length: ([low, high, step]) => rangeLength(low, high, step),
  __derive_index: ([index, start, step], call) => {
    const scaled = index && step && NUMBERS["mul"]?.([index, step], call);
    return scaled && start && NUMBERS["add"]?.([scaled, start], call);
  },
};

/** The list itself, with the items of another one behind its own. */
function extended([target, other]: readonly Value[], { context, place }: BuiltinCall): Value | undefined {
  if (target?.kind !== "list") return undefined;
  if (other?.kind === "list" && other.stack)
    throw new Unfollowed(`a list is extended by ${describe(other)}`, "append the items one by one");
  const items = (other && itemsOf(other)) ?? [];
  if (!target.stack) target.items = newList([...target.items, ...items]).items;
  else for (const item of items) target.stack = pushed(target.stack, item, context.builder, place);
  return target;
}

function popped([target, index]: readonly Value[]): Value | undefined {
  if (target?.kind === "list") {
    const at = index ? placeOf(index, target.items.length) : target.items.length - 1;
    const [item] = target.items.splice(at, 1);
    if (!item) throw new Unfollowed("an element is taken from an empty list");
    return item;
  }
  if (target?.kind !== "dict" || !index) return undefined;
  const found = target.entries.get(wantedKey(index));
  target.entries.delete(wantedKey(index));
  return found?.value;
}

/** How many integers `range(low, high, step)` gives. */
function rangeLength(low?: Value, high?: Value, step?: Value): Value | undefined {
  if (!low || !high || !step) return undefined;
  const range = rangeFrom([low, high, step]);
  const count = tripsOf(range);
  return int(typeof count === "number" ? Math.max(0, count) : count);
}
