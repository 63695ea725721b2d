// What `forward` changes in the model itself: attributes of modules after the run, against those before it.
import type { Value } from "./values.ts";

/** The tree's attributes as they are now, by object; values are compared by identity. */
export type Snapshot = ReadonlyMap<Extract<Value, { kind: "object" }>, ReadonlyMap<string, Value>>;

/** Modules in a model; the walk is bounded by the tree that was read. */
export function snapshot(
  root: Value,
  seen = new Map<Extract<Value, { kind: "object" }>, Map<string, Value>>(),
): Snapshot {
  if (root.kind !== "object" || seen.has(root)) return seen;
  seen.set(root, new Map(root.attributes));
  for (const value of root.attributes.values()) snapshot(value, seen);
  return seen;
}

export interface Change {
  /** Such as `encoder.state`. */
  readonly name: string;
  readonly before: Value | undefined;
  readonly after: Value;
}

/** Attributes that hold something else than before. */
export function changes(before: Snapshot): Change[] {
  return [...before].flatMap(([object, attributes]) =>
    [...object.attributes].flatMap(([name, after]): Change[] => {
      const old = attributes.get(name);
      if (old === after || (old && isSame(old, after))) return [];
      return [{ name: object.path === "" ? name : `${object.path}.${name}`, before: old, after }];
    }),
  );
}

function isSame(a: Value, b: Value): boolean {
  if (a.kind === "tensor" && b.kind === "tensor") return a.name === b.name;
  return a.kind === b.kind && "value" in a && "value" in b && String(a.value) === String(b.value);
}
