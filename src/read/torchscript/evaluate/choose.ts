// `if` on a condition that only running tells.
// A branch that only raises is an assertion: the other one is taken. Else both are followed, and what they assign becomes
// the results of a `cond` with the branches as its bodies.
// Not here: conditions that are known (evaluator.ts).
import { Parting } from "../paths.ts";
import { Unfollowed } from "../refusal.ts";
import type { Expression, Statement } from "../source/syntax.ts";
import { describe, type Value } from "../values.ts";
import { chooseByCall } from "./choose-by-call.ts";
import { dottedName } from "./dotted-name.ts";
import type { Evaluator, Flow } from "./evaluator.ts";
import type { Frame } from "./frame.ts";

export type IfStatement = Extract<Statement, { kind: "if" }>;

export function choose(condition: Value, statement: IfStatement, frame: Frame, evaluator: Evaluator): Flow {
  if (raises(statement.body)) return evaluator.block(statement.otherwise, frame);
  if (raises(statement.otherwise)) return evaluator.block(statement.body, frame);
  if (condition.kind !== "scalar" || condition.type !== "bool")
    throw new Unfollowed(
      `the code goes on in two ways depending on ${describe(condition)}`,
      "fix the sizes it depends on with --input",
    );
  const decision = evaluator.context.decided?.get(condition.name);
  if (decision !== undefined) return evaluator.block(decision ? statement.body : statement.otherwise, frame);
  const { builder, loosened } = evaluator.context;
  const at = builder.calls.length;
  try {
    const loosens = chooseByCall(condition.name, statement, frame, evaluator);
    if (loosens && !builder.inBody) loosened?.push(new Parting(condition.name, at));
  } catch (error) {
    // What the branches leave behind has no one type: the whole rest of the program is followed for either.
    const canPart = error instanceof Unfollowed && evaluator.context.decided && !builder.inBody;
    throw canPart ? new Parting(condition.name, builder.calls.length, error) : error;
  }
  return undefined;
}

/** Whether a block ends in an exception whatever happens in it. */
function raises(block: readonly Statement[]): boolean {
  return block.some((statement) => statement.kind === "expression" && isRaise(statement.value));
}

function isRaise(expression: Expression): boolean {
  return expression.kind === "call" && dottedName(expression.callee) === "ops.prim.RaiseException";
}
