// The attributes of the model's modules: what `forward` may change, and whether it did.
import { isSame } from "./evaluate/is-same.ts";
import type { ObjectValue, Value } from "./values.ts";

export interface Attribute {
  /** What it holds when the list is made. */
  readonly value: Value;
  set(value: Value): void;
}

/** By path, such as `encoder.state`. */
export type Attributes = ReadonlyMap<string, Attribute>;

/** All attributes of a tree of modules that are no modules themselves. */
export function attributesOf(root: ObjectValue): Attributes {
  const found = new Map<string, Attribute>();
  const seen = new Set<ObjectValue>();
  const visit = (object: ObjectValue): void => {
    if (seen.has(object)) return;
    seen.add(object);
    for (const [name, value] of object.attributes) {
      if (value.kind === "object") visit(value);
      const path = object.path === "" ? name : `${object.path}.${name}`;
      const set = (fresh: Value) => object.attributes.set(name, fresh);
      if (value.kind !== "object") found.set(path, { value, set });
    }
  };
  visit(root);
  return found;
}

/** Whether an attribute holds something else than before. */
export function isChanged(before: Value | undefined, after: Value): boolean {
  return before === undefined || !isSame(before, after);
}
