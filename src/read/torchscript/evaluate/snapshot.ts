// Everything that a block of code can change: its function's variables, and the lists, dicts and objects they reach.
// Invariant: containers keep their identity; restoring puts back what they held.
import type { DictValue, ListValue, ObjectValue, Stack, Value } from "../values.ts";
import type { Frame } from "./frame.ts";

type Container = ListValue | DictValue | ObjectValue;

/** What a container holds; the kinds are those of the containers. */
type Contents =
  | { readonly kind: "list"; readonly items: readonly Value[]; readonly stack: Stack | undefined }
  | { readonly kind: "dict"; readonly entries: ReadonlyMap<string | number | boolean, Entry> }
  | { readonly kind: "object"; readonly attributes: ReadonlyMap<string, Value> };

type Entry = { readonly key: Value; readonly value: Value };

export interface Snapshot {
  readonly variables: ReadonlyMap<string, Value>;
  readonly containers: ReadonlyMap<Container, Contents>;
  /** Containers that are reached in more than one way. */
  readonly shared: ReadonlySet<Container>;
}

/** Whether a value is one of the containers. */
export function isPlace(value: Value, { containers }: Snapshot): boolean {
  return isContainer(value) && containers.has(value);
}

/** Whether a value is a container that is reached in more than one way. */
export function isShared(value: Value, { shared }: Snapshot): boolean {
  return isContainer(value) && shared.has(value);
}

function isContainer(value: Value): value is Container {
  return value.kind === "list" || value.kind === "dict" || value.kind === "object";
}

/** The state as it is now. */
export function takeSnapshot(frame: Frame): Snapshot {
  const containers = new Map<Container, Contents>();
  const shared = new Set<Container>();
  for (const value of frame.variables.values()) visit(value, containers, shared);
  return { variables: new Map(frame.variables), containers, shared };
}

/** What the containers of an earlier snapshot, and the variables, hold now. */
export function retake(frame: Frame, earlier: Snapshot): Snapshot {
  const containers = new Map<Container, Contents>();
  for (const container of earlier.containers.keys()) containers.set(container, contentsOf(container));
  return { variables: new Map(frame.variables), containers, shared: earlier.shared };
}

export function restore(frame: Frame, { variables, containers }: Snapshot): void {
  frame.variables.clear();
  for (const [name, value] of variables) frame.variables.set(name, value);
  for (const [container, contents] of containers) fill(container, contents);
}

function visit(value: Value, found: Map<Container, Contents>, shared: Set<Container>): void {
  if (value.kind === "tuple") for (const item of value.items) visit(item, found, shared);
  if (value.kind === "maybe") visit(value.value, found, shared);
  if (value.kind === "method") visit(value.object, found, shared);
  if (!isContainer(value)) return;
  if (found.has(value)) {
    shared.add(value);
    return;
  }
  const contents = contentsOf(value);
  found.set(value, contents);
  for (const item of valuesOf(contents)) visit(item, found, shared);
}

function contentsOf(container: Container): Contents {
  if (container.kind === "list") return { kind: "list", items: [...container.items], stack: container.stack };
  if (container.kind === "dict") return { kind: "dict", entries: new Map(container.entries) };
  return { kind: "object", attributes: new Map(container.attributes) };
}

function valuesOf(contents: Contents): readonly Value[] {
  if (contents.kind === "list") return contents.items;
  if (contents.kind === "dict") return [...contents.entries.values()].map(({ value }) => value);
  return [...contents.attributes.values()];
}

function fill(container: Container, contents: Contents): void {
  if (container.kind === "list" && contents.kind === "list") {
    container.items = [...contents.items];
    container.stack = contents.stack;
  }
  if (container.kind === "dict" && contents.kind === "dict") {
    container.entries.clear();
    for (const [key, entry] of contents.entries) container.entries.set(key, entry);
  }
  if (container.kind === "object" && contents.kind === "object") {
    container.attributes.clear();
    for (const [name, value] of contents.attributes) container.attributes.set(name, value);
  }
}

/** How two values of one place become one; `place` is what messages call it. */
export type Combine = (a: Value, b: Value, place: string) => Value;

/** Combines place by place what two snapshots with the same containers hold. Variables of one alone are dropped. */
export function combineSnapshots(a: Snapshot, b: Snapshot, combine: Combine): Snapshot {
  const variables = new Map<string, Value>();
  for (const [name, value] of a.variables) {
    const other = b.variables.get(name);
    if (other) variables.set(name, combine(value, other, name));
  }
  const containers = new Map<Container, Contents>();
  for (const [container, contents] of a.containers) {
    const other = b.containers.get(container);
    containers.set(container, other ? combineContents(container, contents, other, combine) : contents);
  }
  return { variables, containers, shared: a.shared };
}

function combineContents(container: Container, a: Contents, b: Contents, combine: Combine): Contents {
  if (a.kind === "list" && b.kind === "list") {
    const asList = ({ items, stack }: typeof a): ListValue => ({ kind: "list", items: [...items], stack });
    const combined = combine(asList(a), asList(b), "a list");
    return combined.kind === "list" ? { kind: "list", items: combined.items, stack: combined.stack } : a;
  }
  if (a.kind === "dict" && b.kind === "dict")
    return { kind: "dict", entries: combineEntries(a.entries, b.entries, combine) };
  if (a.kind !== "object" || b.kind !== "object") return a;
  const path = container.kind === "object" && container.path !== "" ? `${container.path}.` : "";
  const attributes = new Map<string, Value>();
  for (const name of new Set([...a.attributes.keys(), ...b.attributes.keys()])) {
    const [left, right] = [a.attributes.get(name), b.attributes.get(name)];
    if (left && right) attributes.set(name, combine(left, right, `${path}${name}`));
    else attributes.set(name, (left ?? right) as Value); // one of them is there
  }
  return { kind: "object", attributes };
}

function combineEntries(
  a: ReadonlyMap<string | number | boolean, Entry>,
  b: ReadonlyMap<string | number | boolean, Entry>,
  combine: Combine,
): Map<string | number | boolean, Entry> {
  const whole = (entries: typeof a): Value => ({ kind: "dict", entries: new Map(entries) });
  const combined = combine(whole(a), whole(b), "a dict");
  return combined.kind === "dict" ? combined.entries : new Map(a);
}
