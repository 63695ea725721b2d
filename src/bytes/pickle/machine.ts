// The stack, marks and memo of the pickle machine, with the named bounds that keep a hostile pickle small.
import { BrokenPickle, type PickleCursor } from "./cursor.ts";
import { isRecord, type PickleObject, type PickleValue } from "./values.ts";

export interface PickleLimits {
  /** A checkpoint of a large model has some million. */
  readonly maxOps: number;
  readonly maxStack: number;
  readonly maxMemo: number;
  /** Integers of more bytes than this are no sizes. */
  readonly maxLongBytes: number;
}

export class PickleMachine {
  readonly cursor: PickleCursor;
  readonly limits: PickleLimits;
  private stack: PickleValue[] = [];
  private readonly outer: PickleValue[][] = [];
  private readonly memo = new Map<number, PickleValue>();
  private depth = 0;

  constructor(cursor: PickleCursor, limits: PickleLimits) {
    this.cursor = cursor;
    this.limits = limits;
  }

  push(value: PickleValue): void {
    this.depth++;
    if (this.depth > this.limits.maxStack)
      throw new BrokenPickle(`over ${this.limits.maxStack} values on its stack`);
    this.stack.push(value);
  }

  pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined) throw new BrokenPickle(`nothing on its stack at byte ${this.cursor.at}`);
    this.depth--;
    return value;
  }

  top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined) throw new BrokenPickle(`nothing on its stack at byte ${this.cursor.at}`);
    return value;
  }

  mark(): void {
    if (this.outer.length >= this.limits.maxStack) throw new BrokenPickle("too many marks");
    this.outer.push(this.stack);
    this.stack = [];
  }

  /** The values since the last mark. */
  popMark(): PickleValue[] {
    const items = this.stack;
    const outer = this.outer.pop();
    if (!outer) throw new BrokenPickle(`no mark on its stack at byte ${this.cursor.at}`);
    this.stack = outer;
    this.depth -= items.length;
    return items;
  }

  put(index: number): void {
    if (this.memo.size >= this.limits.maxMemo)
      throw new BrokenPickle(`over ${this.limits.maxMemo} memo entries`);
    this.memo.set(index, this.top());
  }

  memoize(): void {
    this.put(this.memo.size);
  }

  get(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw new BrokenPickle(`no memo entry ${index}`);
    this.push(value);
  }

  /** What a call would have made. */
  object(callee: PickleValue, args: PickleValue): void {
    const object: PickleObject = { kind: "object", callee, args, state: undefined, items: [], entries: [] };
    this.push(object);
  }

  append(items: readonly PickleValue[]): void {
    const target = this.top();
    if (!isRecord(target) || !("items" in target) || target.kind === "tuple")
      throw new BrokenPickle("items for no list");
    for (const item of items) target.items.push(item);
  }

  setItems(flat: readonly PickleValue[]): void {
    const target = this.top();
    if (!isRecord(target) || !("entries" in target)) throw new BrokenPickle("entries for no dict");
    for (const entry of pairs(flat)) target.entries.push(entry);
  }

  build(): void {
    const state = this.pop();
    const target = this.top();
    // State of anything but an object is of no use to us, and no reason to stop.
    if (isRecord(target) && target.kind === "object") target.state = state;
  }
}

export function pairs(flat: readonly PickleValue[]): [PickleValue, PickleValue][] {
  if (flat.length % 2 !== 0) throw new BrokenPickle("a key without a value");
  const found: [PickleValue, PickleValue][] = [];
  for (let at = 0; at < flat.length; at += 2) found.push([flat[at] ?? null, flat[at + 1] ?? null]);
  return found;
}
