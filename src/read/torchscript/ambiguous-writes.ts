// Refuses programs whose result depends on whether a reshape shared memory, where that is not certain.
// Method: values that certainly share memory form groups; a reshape of a value whose strides are not known may or may not
// join two groups. Writing into one of them is harmless if nothing of the other is read afterwards.
// Not here: strides (evaluate/strides.ts), in-place operators made functional (aten/functionalize.ts).
import { Facts } from "../aten/argument.ts";
import type { AtenCall, AtenGraph } from "../aten/program.ts";
import { valuesIn } from "../aten/rename.ts";
import { memoryFormat, sharedArgument } from "../aten/views.ts";
import { type ListCopies, type Pair, sharedByLists, writtenAfterAppending } from "./list-copies.ts";
import { bodiesOf, sharedThroughBodies, writtenBy } from "./memory-of-bodies.ts";
import { Unfollowed } from "./refusal.ts";

/** Operators that copy where memory does not allow a view. */
const MAY_COPY = /^(reshape|reshape_as|flatten|ravel|contiguous|to|unflatten)$/;

/** Throws Unfollowed, with the place of the write. */
export function refuseAmbiguousWrites(graph: AtenGraph, lists: ListCopies): void {
  for (const body of graph.calls.flatMap(bodiesOf)) refuseAmbiguousWrites(body, lists);
  if (!graph.calls.some((call) => writtenBy(call).length > 0)) return;
  const groups = new Groups();
  const doubts: Pair[] = [];
  const lastRead = readTimes(graph);
  for (const [at, call] of graph.calls.entries()) {
    const written = writtenBy(call);
    const late = writtenAfterAppending(call, lists);
    if (late) throw refusalOf(late);
    for (const name of written) check(call, name, at, doubts, groups, lastRead);
    doubts.push(...sharedThroughBodies(call), ...sharedByLists(call, lists));
    if (bodiesOf(call).length > 0) continue;
    for (const name of written)
      for (const result of call.outputs.flatMap(valuesIn)) groups.join(result, name);
    const shared = written.length === 0 ? sharedArgument(call, graph) : undefined;
    const source = shared === undefined ? undefined : call.args.get(shared);
    if (source?.kind !== "tensor") continue;
    const isCertain = sharesCertainly(new Facts(call, graph), source.value, graph);
    for (const result of call.outputs.flatMap(valuesIn)) {
      if (isCertain) groups.join(result, source.value);
      else doubts.push({ a: source.value, b: result });
    }
  }
}

/** Whether what is taken for a view is one: how the argument lies is known, and the operator asks for no other order. */
function sharesCertainly(call: Facts, source: string, { strides }: AtenGraph): boolean {
  if (!MAY_COPY.test(call.name)) return true;
  const isPlain = memoryFormat(call) === (call.name === "contiguous" ? "contiguous" : "preserved");
  return isPlain && strides?.has(source) === true;
}

function check(
  call: AtenCall,
  written: string,
  at: number,
  doubts: readonly Pair[],
  groups: Groups,
  lastRead: ReadonlyMap<string, number>,
): void {
  const reached = new Set(groups.members(written));
  for (const name of reached) {
    for (const { a, b } of doubts)
      for (const other of name === a ? [b] : name === b ? [a] : [])
        for (const member of groups.members(other)) reached.add(member);
  }
  const isRead = (name: string) => !groups.same(written, name) && (lastRead.get(name) ?? -1) > at;
  if ([...reached].some(isRead)) throw refusalOf(call);
}

function refusalOf(call: AtenCall): Unfollowed {
  const refusal = new Unfollowed(
    `${call.target} writes into a tensor that may share memory with another one, which is used later`,
    "clone the tensor before it is written to",
  );
  refusal.where = call.origin.line.replace(/^File "(.*)", line/, "$1, line");
  return refusal;
}

/** When a value is last read; outputs are read at the end. */
function readTimes(graph: AtenGraph): Map<string, number> {
  const times = new Map<string, number>();
  for (const [at, call] of graph.calls.entries())
    for (const name of [...call.args.values()].flatMap(valuesIn)) times.set(name, at);
  for (const name of graph.outputs.flatMap(valuesIn)) times.set(name, graph.calls.length);
  return times;
}

/** Sets of values that share memory. */
class Groups {
  private readonly of = new Map<string, Set<string>>();

  members(name: string): readonly string[] {
    return [...(this.of.get(name) ?? [name])];
  }

  same(a: string, b: string): boolean {
    return a === b || this.of.get(a)?.has(b) === true;
  }

  join(a: string, b: string): void {
    const [left, right] = [this.of.get(a) ?? new Set([a]), this.of.get(b) ?? new Set([b])];
    if (left === right) return;
    const [large, small] = left.size > right.size ? [left, right] : [right, left];
    for (const name of small) {
      large.add(name);
      this.of.set(name, large);
    }
    for (const name of large) this.of.set(name, large);
  }
}
