// Both branches of an `if` as bodies of a `cond`: each is followed on the state before it, and what they leave behind is
// put together place by place; the places that differ become results of the call.
// Not here: places (snapshot.ts), values that stand for either (template.ts), writes into tensors (aten/functionalize.ts).
import type { AtenArgument, AtenCall, AtenGraph } from "../../aten/program.ts";
import { Unfollowed } from "../refusal.ts";
import type { Value } from "../values.ts";
import { capturedBy } from "./captured.ts";
import type { IfStatement } from "./choose.ts";
import type { Evaluator } from "./evaluator.ts";
import type { Frame } from "./frame.ts";
import { placeIn } from "./place-in.ts";
import { combineSnapshots, restore, retake, type Snapshot, takeSnapshot } from "./snapshot.ts";
import { Template } from "./template.ts";

interface Branch {
  readonly calls: AtenCall[];
  readonly after: Snapshot;
}

/** The result says whether a size is not known afterwards that was known in both branches. */
export function chooseByCall(
  condition: string,
  statement: IfStatement,
  frame: Frame,
  evaluator: Evaluator,
): boolean {
  const { builder } = evaluator.context;
  const before = takeSnapshot(frame);
  const template = new Template(builder, placeIn(frame), before);
  const line = frame.line;
  const follow = (block: IfStatement["body"]): Branch => {
    restore(frame, before);
    const { calls } = builder.record(() => {
      if (evaluator.block(block, frame))
        throw new Unfollowed("a function ends within a branch that depends on the input");
    });
    return { calls, after: retake(frame, before) };
  };
  const [yes, no] = [follow(statement.body), follow(statement.otherwise)];
  frame.line = line;
  const results: AtenArgument[] = [];
  const given: [AtenArgument[], AtenArgument[]] = [[], []];
  const after = combineSnapshots(yes.after, no.after, (a, b, where) => {
    const value = template.either(a, b, where);
    for (const [index, part] of [a, b].entries()) {
      const side = index === 0 ? yes : no;
      const extra = builder.record(() => template.parts(value, part).map(([, argument]) => argument));
      side.calls.push(...extra.calls);
      given[index as 0 | 1].push(...extra.result); // one of two
    }
    results.push(...template.partsOf(value).map(resultArgument));
    return value;
  });
  restore(frame, after);
  appendCond(condition, [yes.calls, no.calls], given, results, frame, evaluator);
  return template.hasLooseSizes;
}

/** A call's result that is this part from then on. */
export function resultArgument(part: Value): AtenArgument {
  if (part.kind === "tensor") return { kind: "tensor", value: part.name };
  if (part.kind === "int") return { kind: "int", value: part.value };
  if (part.kind === "scalar") return { kind: "symbol", value: part.name };
  throw new RangeError(`${part.kind} is no part of a template`);
}

function appendCond(
  condition: string,
  calls: readonly [readonly AtenCall[], readonly AtenCall[]],
  outputs: readonly [readonly AtenArgument[], readonly AtenArgument[]],
  results: readonly AtenArgument[],
  frame: Frame,
  evaluator: Evaluator,
): void {
  const { builder } = evaluator.context;
  const captured = [...new Set([...capturedBy(calls[0], outputs[0]), ...capturedBy(calls[1], outputs[1])])];
  const body = (side: 0 | 1): AtenArgument => {
    const { types, strides } = builder;
    const graph: AtenGraph = { inputs: captured, outputs: outputs[side], calls: calls[side], types, strides };
    return { kind: "graph", value: graph };
  };
  const { scope, line } = placeIn(frame);
  builder.append({
    target: "higher_order::cond",
    args: new Map<string, AtenArgument>([
      ["0", { kind: "symbol", value: condition }],
      ["1", body(0)],
      ["2", body(1)],
      ["3", { kind: "tensors", values: captured }],
    ]),
    outputs: results,
    origin: { scope, operator: "prim::If", line },
  });
}
