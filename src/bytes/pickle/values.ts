// What a pickle says, as data. Nothing is called: a constructor is a name with arguments and state.
// Format: https://docs.python.org/3/library/pickle.html, opcodes in CPython's Lib/pickletools.py

export type PickleValue =
  | null
  | boolean
  | number
  /** Integers beyond 2^53. */
  | bigint
  | string
  | Uint8Array
  | PickleSequence
  | PickleDict
  | PickleGlobal
  | PickleObject
  | PicklePersistent;

export interface PickleSequence {
  readonly kind: "tuple" | "list" | "set";
  readonly items: PickleValue[];
}

export interface PickleDict {
  readonly kind: "dict";
  /** In order; a key that stands twice counts as the last one. */
  readonly entries: [PickleValue, PickleValue][];
}

/** The name of a class or function. */
export interface PickleGlobal {
  readonly kind: "global";
  readonly module: string;
  readonly name: string;
}

/** What a call would have made: the callee, its arguments, and what was then given to the object. */
export interface PickleObject {
  readonly kind: "object";
  readonly callee: PickleValue;
  readonly args: PickleValue;
  /** Argument of BUILD: usually the dict of attributes. */
  state: PickleValue | undefined;
  /** Items that were appended, for lists and sets with a class of their own. */
  readonly items: PickleValue[];
  /** Entries that were set, for dicts with a class of their own, such as OrderedDict. */
  readonly entries: [PickleValue, PickleValue][];
}

/** A reference to something outside of the pickle, such as a storage. */
export interface PicklePersistent {
  readonly kind: "persistent";
  readonly id: PickleValue;
}

export function isRecord(
  value: PickleValue | undefined,
): value is Exclude<PickleValue, null | boolean | number | bigint | string | Uint8Array> {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}

/** The items of a tuple or list; undefined for anything else. */
export function itemsOf(value: PickleValue | undefined): readonly PickleValue[] | undefined {
  return isRecord(value) && (value.kind === "tuple" || value.kind === "list") ? value.items : undefined;
}

/** The entries of a dict or of an object that is filled like one; undefined for anything else. */
export function entriesOf(value: PickleValue | undefined): readonly [PickleValue, PickleValue][] | undefined {
  if (!isRecord(value)) return undefined;
  if (value.kind === "dict") return value.entries;
  return value.kind === "object" &&
    (value.entries.length > 0 || isNamed(value.callee, "collections.OrderedDict"))
    ? value.entries
    : undefined;
}

/** The value under a text key. */
export function entryOf(value: PickleValue | undefined, key: string): PickleValue | undefined {
  return entriesOf(value)?.findLast(([name]) => name === key)?.[1];
}

/** Whether the value is the global `module.name`. */
export function isNamed(value: PickleValue | undefined, fullName: string): boolean {
  return isRecord(value) && value.kind === "global" && `${value.module}.${value.name}` === fullName;
}
