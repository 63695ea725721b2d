// Which tensors share memory, or may: what is known of the elements of one is untrue once another one was written into.
// Invariant: whoever knows something of its elements was seen before a view of it is made or it is written into.
// Not here: making writes functional (aten/functionalize.ts), writes that are refused (../ambiguous-writes.ts).
import type { AtenCall } from "../../aten/program.ts";
import { valuesIn } from "../../aten/rename.ts";
import { possibleSources } from "../../aten/views.ts";
import { sharedThroughBodies, writtenBy } from "../memory-of-bodies.ts";
import type { TensorValue } from "../values.ts";

interface Memory {
  readonly names: Set<string>;
  readonly seen: Set<TensorValue>;
}

export class Memories {
  private readonly byName = new Map<string, Memory>();

  /** Notes a value of which something may be known. */
  see(value: TensorValue): void {
    this.of(value.name).seen.add(value);
  }

  /** Follows what a call writes into, and what its results may be views of. */
  follow(call: AtenCall): void {
    for (const { a, b } of sharedThroughBodies(call)) this.join(a, b);
    const results = call.outputs.flatMap(valuesIn);
    const written = writtenBy(call);
    for (const source of [...written, ...possibleSources(call)])
      for (const result of results) this.join(source, result);
    for (const name of written) this.write(name);
  }

  /** Says that two values share memory, or may. */
  private join(a: string, b: string): void {
    const [left, right] = [this.of(a), this.of(b)];
    if (left === right) return;
    const [large, small] = left.names.size > right.names.size ? [left, right] : [right, left];
    for (const value of small.seen) large.seen.add(value);
    for (const name of small.names) {
      large.names.add(name);
      this.byName.set(name, large);
    }
  }

  /** Forgets what was known of a value that is written into, and of all that share its memory. */
  private write(name: string): void {
    this.of(name).seen.forEach(forget);
  }

  /** Forgets what was known of any value, where the code is followed again from an earlier point on. */
  forgetAll(): void {
    for (const { seen } of this.byName.values()) seen.forEach(forget);
  }

  private of(name: string): Memory {
    const known = this.byName.get(name);
    if (known) return known;
    const memory: Memory = { names: new Set([name]), seen: new Set() };
    this.byName.set(name, memory);
    return memory;
  }
}

function forget(value: TensorValue): void {
  value.contents = undefined;
  value.fixed = undefined;
}
