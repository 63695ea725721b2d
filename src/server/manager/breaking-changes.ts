// What of a new version would break the clients of the one before it: requests that it no longer takes, and answers
// that are not what they were.
// Not here: what is done about it (manager.ts).

import { tensorflowName } from "../../bytes/protobuf/tensorflow-dtypes.ts";
import type { Signature, TensorSpec } from "../../model/signature.ts";

export type Signatures = ReadonlyMap<string, Signature>;

/** The changes, as ends of sentences; empty if every request of before is answered as before. */
export function breakingChanges(before: Signatures, after: Signatures): readonly string[] {
  const changes: string[] = [];
  for (const [name, old] of before) {
    const now = after.get(name);
    if (!now) changes.push(`signature '${name}' is gone`);
    else changes.push(...signatureChanges(name, old, now));
  }
  return changes;
}

function signatureChanges(name: string, before: Signature, after: Signature): string[] {
  const changes: string[] = [];
  const compare = (
    kind: "input" | "output",
    old: readonly TensorSpec[],
    now: readonly TensorSpec[],
  ): void => {
    const known = new Map(now.map((spec) => [spec.key, spec]));
    for (const spec of old) {
      const other = known.get(spec.key);
      const where = `${kind} '${spec.key}' of '${name}'`;
      if (!other) changes.push(`${where} is gone`);
      else changes.push(...tensorChanges(where, kind, spec, other));
    }
  };
  compare("input", before.inputs, after.inputs);
  compare("output", before.outputs, after.outputs);
  const old = new Set(before.inputs.map((spec) => spec.key));
  for (const { key } of after.inputs) {
    if (!old.has(key)) changes.push(`input '${key}' of '${name}' is new, and clients do not send it`);
  }
  return changes;
}

function tensorChanges(
  where: string,
  kind: "input" | "output",
  before: TensorSpec,
  after: TensorSpec,
): string[] {
  const changes: string[] = [];
  if (before.tensorflowDtype !== after.tensorflowDtype) {
    const names = [before, after].map((spec) => tensorflowName(spec.tensorflowDtype));
    changes.push(`${where} was ${names[0]} and is ${names[1]}`);
  }
  // What a client may send must not shrink; what it gets must not grow.
  const fits = kind === "input" ? contains(after.shape, before.shape) : contains(before.shape, after.shape);
  if (!fits) changes.push(`${where} had the shape ${shapeText(before)} and has ${shapeText(after)}`);
  return changes;
}

type Shape = TensorSpec["shape"];

/** Whether every shape that `inner` allows is one that `outer` allows. */
function contains(outer: Shape, inner: Shape): boolean {
  if (outer === undefined) return true;
  if (inner === undefined || inner.length !== outer.length) return false;
  return outer.every((size, axis) => size < 0 || size === inner[axis]);
}

function shapeText({ shape }: TensorSpec): string {
  return shape ? `[${shape.join(",")}]` : "<unknown>";
}
