// A loop whose end only running tells, as one call with the loop's body: the body is followed on values that stand for any
// round's, and again with more places carried, until what it leaves behind fits what it began with.
// Not here: loops whose rounds are known, which are unrolled (evaluator.ts); values that stand for any (template.ts).
import { type DimExpression, symbolName } from "../../../graph/dim.ts";
import { tensorType } from "../../../graph/type.ts";
import type { AtenArgument, AtenCall, AtenGraph } from "../../aten/program.ts";
import type { ProgramBuilder } from "../program-builder.ts";
import { Unfollowed } from "../refusal.ts";
import { describe, type Value } from "../values.ts";
import { capturedBy } from "./captured.ts";
import { resultArgument } from "./choose-by-call.ts";
import type { Place } from "./context.ts";
import type { Evaluator } from "./evaluator.ts";
import type { Frame } from "./frame.ts";
import { placeIn } from "./place-in.ts";
import { combineSnapshots, restore, retake, type Snapshot, takeSnapshot } from "./snapshot.ts";
import { numberTensor } from "./stacks.ts";
import { Template } from "./template.ts";

export interface OpenLoop {
  /** The symbol of the round's number. */
  readonly round: DimExpression;
  /** How often the loop runs at most; undefined for `while`. */
  readonly trips: AtenArgument | undefined;
  /** Whether it begins. */
  readonly condition: Value;
  /** Follows the body once; the result says whether there is another round. */
  readonly follow: () => Value;
}

/** Rounds of following; each carries one more place or frees one more size, and real loops settle in three. */
const MAX_ROUNDS = 24;

/** Follows the loop from the present state on. Throws Unfollowed, with the state as it was, if it cannot be one call. */
export function loopByCall(loop: OpenLoop, frame: Frame, evaluator: Evaluator): void {
  const before = takeSnapshot(frame);
  const line = frame.line;
  try {
    const settled = settle(loop, before, frame, evaluator);
    frame.line = line;
    append(loop, before, settled, frame, evaluator);
  } catch (error) {
    restore(frame, before);
    throw error;
  }
}

interface Settled {
  readonly template: Template;
  readonly start: Snapshot;
  readonly after: Snapshot;
  readonly calls: AtenCall[];
  readonly again: Value;
}

/** One more round is followed than is needed: what was known of numbers that the body changes is forgotten by then. */
function settle(loop: OpenLoop, before: Snapshot, frame: Frame, evaluator: Evaluator): Settled {
  const { builder } = evaluator.context;
  const template = new Template(builder, placeIn(frame), before);
  let start = before;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    restore(frame, start);
    const { calls, result: again } = builder.record(loop.follow);
    const after = retake(frame, start);
    let fits = true;
    const next = combineSnapshots(start, after, (was, is, where) => {
      if (template.accepts(was, is)) return was;
      fits = false;
      return template.either(was, is, where);
    });
    if (fits && round > 0) return { template, start, after, calls, again };
    start = next;
  }
  throw new Unfollowed("what a loop carries from round to round does not settle");
}

function append(
  loop: OpenLoop,
  before: Snapshot,
  settled: Settled,
  frame: Frame,
  evaluator: Evaluator,
): void {
  const { builder } = evaluator.context;
  const { template, start, after, calls, again } = settled;
  const place = placeIn(frame);
  const parts = listed(start, start, (value) => template.partsOf(value));
  const inBody = builder.record(() => listed(start, after, (was, is) => template.parts(was, is)));
  const next = [conditionOf(again), ...inBody.result.map(([, argument]) => argument)];
  const initial = listed(start, before, (was, is) => template.parts(was, is));
  const made = new Map(parts.map((part) => [keyOf(part), template.renewed(part)]));
  const renewed = (part: Value): Value => made.get(keyOf(part)) ?? part;
  restore(
    frame,
    combineSnapshots(start, start, (value) => template.replaced(value, renewed)),
  );
  const round = symbolName(loop.round) ?? "";
  builder.types.set(round, tensorType("int64", []));
  const own = [round, ...parts.map(keyOf)];
  const bodyCalls = [...calls, ...inBody.calls];
  const captured = capturedBy(bodyCalls, next, own);
  const body: AtenGraph = {
    inputs: [...own, ...captured],
    outputs: next,
    calls: bodyCalls,
    types: builder.types,
    strides: builder.strides,
  };
  const carried = initial.map(([, argument]) => nameFor(argument, builder, place));
  builder.append({
    target: "prim::Loop",
    args: new Map<string, AtenArgument>([
      ...(loop.trips ? [["trips", loop.trips] as const] : []),
      ["condition", conditionOf(loop.condition)],
      ["body", { kind: "graph", value: body }],
      ["carried", { kind: "tensors", values: carried }],
      ["captured", { kind: "tensors", values: captured }],
    ]),
    outputs: parts.map((part) => resultArgument(renewed(part))),
    origin: { scope: place.scope, operator: "prim::Loop", line: place.line },
  });
}

/** What `list` finds in all places, in their order. */
function listed<T>(a: Snapshot, b: Snapshot, list: (was: Value, is: Value) => readonly T[]): T[] {
  const found: T[] = [];
  combineSnapshots(a, b, (was, is) => {
    found.push(...list(was, is));
    return was;
  });
  return found;
}

function keyOf(part: Value): string {
  const argument = resultArgument(part);
  if (argument.kind === "int") return symbolName(argument.value) ?? "";
  return "value" in argument ? String(argument.value) : "";
}

function conditionOf(value: Value): AtenArgument {
  if (value.kind === "bool") return value;
  if (value.kind === "scalar" && value.type === "bool") return { kind: "symbol", value: value.name };
  throw new Unfollowed(`a loop runs as long as ${describe(value)} holds`);
}

/** The name of a value that holds it. */
function nameFor(argument: AtenArgument, builder: ProgramBuilder, place: Place): string {
  if (argument.kind === "tensor" || argument.kind === "symbol") return argument.value;
  if (argument.kind === "int") return numberTensor(argument, "int64", builder, place).name;
  if (argument.kind === "bool") return numberTensor(argument, "bool", builder, place).name;
  throw new RangeError(`${argument.kind} is carried by a loop`);
}
