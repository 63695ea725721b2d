// Follows the code from `forward` on: functions and modules are inlined, Python's values computed, tensors named.
// Method: an interpreter over the syntax tree whose tensors are symbols; each ATen call becomes a call of the program.
// Invariant: nothing is executed but this interpreter; steps, depth and the program's length have named bounds.
// Not here: expressions (expressions.ts), operators on tensors (call-operator.ts), on Python's values (python/).
import { addDims, mulDims } from "../../../graph/dim.ts";
import { isCounted } from "../../aten/result-types/bounds.ts";
import { pathOf } from "../code.ts";
import { Unfollowed } from "../refusal.ts";
import type { Expression, FunctionDefinition, Statement } from "../source/syntax.ts";
import { bool, describe, int, itemsOf, NONE, type ObjectValue, type Value } from "../values.ts";
import { choose } from "./choose.ts";
import type { Arguments, Context } from "./context.ts";
import { Expressions } from "./expressions.ts";
import { type Frame, whereIn } from "./frame.ts";
import { loopByCall, type OpenLoop } from "./loop-by-call.ts";
import { placeIn } from "./place-in.ts";
import { itemAt, setItem } from "./python/containers.ts";
import { isFixed, itemsOfRange, type Range, rangeFrom, tripsOf } from "./range.ts";
import { restore, type Snapshot, takeSnapshot } from "./snapshot.ts";

export interface EvaluatorLimits {
  /** Statements that are followed, loops unrolled. */
  readonly maxSteps: number;
  /** Functions within functions; real modules nest some thirty deep. */
  readonly maxDepth: number;
}

export const EVALUATOR_LIMITS: EvaluatorLimits = { maxSteps: 500_000, maxDepth: 120 };

type WhileStatement = Extract<Statement, { kind: "while" }>;
type ForStatement = Extract<Statement, { kind: "for" }>;

/** A point to which the state, and the program, can go back. */
interface Mark {
  readonly calls: number;
  readonly state: Snapshot;
  readonly seenAnew: number;
}

/** How a block ends early. */
export type Flow = { readonly returned: Value } | "break" | "continue" | undefined;

export class Evaluator {
  readonly context: Context;
  private readonly limits: EvaluatorLimits;
  private readonly expressions: Expressions;
  private steps = 0;

  constructor(context: Context, limits: EvaluatorLimits = EVALUATOR_LIMITS) {
    this.context = context;
    this.limits = limits;
    this.expressions = new Expressions(context, this);
  }

  /** Calls a method of an object; its results are values, and the calls it makes are in the program. */
  callMethod(object: ObjectValue, name: string, args: Arguments, caller?: Frame): Value {
    const definition = this.context.code.method(object.className, name);
    if (!definition) throw new Unfollowed(`${describe(object)} has no method ${name} in the archive's code`);
    const self: Arguments = { positional: [object, ...args.positional], named: args.named };
    const scope = object.path === "" && caller && object.className !== "" ? caller.scope : object.path;
    return this.callFunction(definition, `code/${pathOf(object.className)}`, self, scope, caller);
  }

  callFunction(
    definition: FunctionDefinition,
    path: string,
    args: Arguments,
    scope: string,
    caller?: Frame,
  ): Value {
    const depth = (caller?.depth ?? -1) + 1;
    if (depth > this.limits.maxDepth)
      throw new Unfollowed(`functions call each other over ${this.limits.maxDepth} deep`);
    const frame: Frame = { variables: new Map(), scope, path, depth, line: definition.line };
    this.bind(definition, args, frame);
    const flow = this.block(definition.body, frame);
    return typeof flow === "object" ? flow.returned : NONE;
  }

  /** Runs statements; the position of what goes wrong is noted where it is known best. */
  block(statements: readonly Statement[], frame: Frame): Flow {
    for (const statement of statements) {
      this.countStep();
      frame.line = statement.line;
      const flow = this.guarded(statement, frame);
      if (flow) return flow;
    }
    return undefined;
  }

  private guarded(statement: Statement, frame: Frame): Flow {
    try {
      return this.statement(statement, frame);
    } catch (error) {
      if (error instanceof Unfollowed) error.where ??= whereIn(frame);
      throw error;
    }
  }

  private bind(definition: FunctionDefinition, args: Arguments, frame: Frame): void {
    const { parameters, name } = definition;
    if (args.positional.length > parameters.length)
      throw new Unfollowed(`${name} takes ${parameters.length} arguments and gets ${args.positional.length}`);
    for (const [index, parameter] of parameters.entries()) {
      const given = args.positional[index] ?? args.named.get(parameter.name);
      const value = given ?? (parameter.fallback && this.expressions.evaluate(parameter.fallback, frame));
      if (!value) throw new Unfollowed(`${name} is called without its argument ${parameter.name}`);
      frame.variables.set(parameter.name, value);
    }
  }

  private statement(statement: Statement, frame: Frame): Flow {
    switch (statement.kind) {
      case "assign":
        this.assign(statement, frame);
        return undefined;
      case "annotation":
        if (statement.value)
          this.store(statement.target, this.expressions.evaluate(statement.value, frame), frame);
        return undefined;
      case "expression":
        this.expressions.evaluate(statement.value, frame);
        return undefined;
      case "return":
        return { returned: statement.value ? this.expressions.evaluate(statement.value, frame) : NONE };
      case "if":
        return this.branch(statement, frame);
      case "while":
        return this.loopWhile(statement, frame);
      case "for":
        return this.loopFor(statement, frame);
      case "with":
        return this.inContext(statement, frame);
      case "def":
        frame.variables.set(statement.name, {
          kind: "function",
          name: `__torch__.${statement.name}`,
          definition: statement,
        });
        return undefined;
      case "class":
        throw new Unfollowed(`a class ${statement.name} within a function`);
      case "pass":
        return undefined;
      default:
        return statement.kind;
    }
  }

  private assign(statement: Extract<Statement, { kind: "assign" }>, frame: Frame): void {
    const value = this.expressions.evaluate(statement.value, frame);
    const [only] = statement.targets;
    if (!statement.unpacks) {
      if (only) this.store(only, value, frame);
      return;
    }
    const items = this.partsOf(value, statement.targets.length, frame);
    if (items?.length !== statement.targets.length)
      throw new Unfollowed(
        `${describe(value)} of ${items?.length ?? "no"} parts is assigned to ${statement.targets.length} names`,
      );
    for (const [index, target] of statement.targets.entries())
      this.store(target, items[index] ?? NONE, frame);
  }

  /** The parts of a tuple or a list; of a list whose length a run finds so many, since it ends where there are others. */
  private partsOf(value: Value, count: number, frame: Frame): readonly Value[] | undefined {
    if (value.kind !== "list" || !value.stack) return itemsOf(value);
    const [length = 1] = this.context.builder.typeOf(value.stack.tensor.name).shape;
    if (!isCounted(length)) return undefined;
    const call = { named: new Map<string, Value>(), context: this.context, place: placeIn(frame) };
    return Array.from({ length: count }, (_, index) => itemAt(value, int(index), call) ?? NONE);
  }

  private store(target: Expression, value: Value, frame: Frame): void {
    if (target.kind === "name") frame.variables.set(target.name, value);
    else if (target.kind === "attribute")
      this.setAttribute(this.expressions.evaluate(target.object, frame), target.name, value);
    else if (target.kind === "subscript") {
      const container = this.expressions.evaluate(target.object, frame);
      setItem(container, this.expressions.evaluate(target.index, frame), value);
    } else throw new Unfollowed("a value is assigned to no name");
  }

  private setAttribute(object: Value, name: string, value: Value): void {
    if (object.kind !== "object") throw new Unfollowed(`an attribute of ${describe(object)} is set`);
    object.attributes.set(name, value);
  }

  private branch(statement: Extract<Statement, { kind: "if" }>, frame: Frame): Flow {
    const condition = this.expressions.evaluate(statement.condition, frame);
    if (condition.kind === "bool")
      return this.block(condition.value ? statement.body : statement.otherwise, frame);
    return choose(condition, statement, frame, this);
  }

  private loopWhile(statement: Extract<Statement, { kind: "while" }>, frame: Frame): Flow {
    const start = this.mark(frame);
    for (;;) {
      const condition = this.expressions.evaluate(statement.condition, frame);
      if (condition.kind !== "bool") return this.loopOpenly(statement, start, frame);
      if (!condition.value) return undefined;
      const flow = this.block(statement.body, frame);
      if (flow === "break") return undefined;
      if (typeof flow === "object") return flow;
      this.countStep();
    }
  }

  /** From where the loop began, so that no round stands there twice; from where its end became open, if need be. */
  private loopOpenly(statement: WhileStatement, start: Mark, frame: Frame): Flow {
    const { builder } = this.context;
    if (builder.seenAnew !== start.seenAnew) {
      this.loopFromHere(statement, frame); // there is no way back
      return undefined;
    }
    const here = this.mark(frame);
    const begun = builder.calls.splice(start.calls);
    builder.memories.forgetAll(); // it followed from what is gone
    try {
      restore(frame, start.state);
      this.loopFromHere(statement, frame);
    } catch (error) {
      if (!(error instanceof Unfollowed)) throw error;
      builder.calls.splice(start.calls, Number.POSITIVE_INFINITY, ...begun);
      restore(frame, here.state);
      this.loopFromHere(statement, frame);
    }
    return undefined;
  }

  private loopFromHere(statement: WhileStatement, frame: Frame): void {
    const { condition } = statement;
    const loop: OpenLoop = {
      round: this.context.builder.freshSize(),
      trips: undefined,
      condition: this.expressions.evaluate(condition, frame),
      follow: () => {
        this.followBody(statement.body, frame);
        return this.expressions.evaluate(condition, frame);
      },
    };
    loopByCall(loop, frame, this);
  }

  /** A loop over so many rounds that only running tells how many. */
  private loopOverRange(statement: ForStatement, range: Range, frame: Frame): void {
    const { builder } = this.context;
    const round = builder.freshSize();
    const item = int(addDims(range.start, mulDims(round, range.step)));
    const loop: OpenLoop = {
      round,
      trips: { kind: "int", value: tripsOf(range) },
      condition: bool(true),
      follow: () => {
        this.store(statement.target, item, frame);
        this.followBody(statement.body, frame);
        return bool(true);
      },
    };
    loopByCall(loop, frame, this);
  }

  private followBody(body: readonly Statement[], frame: Frame): void {
    if (this.block(body, frame))
      throw new Unfollowed("a loop whose end depends on the input is left in its middle");
  }

  private mark(frame: Frame): Mark {
    const { calls, seenAnew } = this.context.builder;
    return { calls: calls.length, state: takeSnapshot(frame), seenAnew };
  }

  /** One statement or one turn of a loop more; what a file can make us do is bounded. */
  private countStep(): void {
    this.steps += 1;
    if (this.steps > this.limits.maxSteps)
      throw new Unfollowed(`over ${this.limits.maxSteps} statements are run`);
  }

  private loopFor(statement: ForStatement, frame: Frame): Flow {
    const range = this.rangeOf(statement.items, frame);
    if (range && !isFixed(range)) {
      this.loopOverRange(statement, range, frame);
      return undefined;
    }
    for (const item of range ? itemsOfRange(range) : this.itemsToVisit(statement.items, frame)) {
      this.store(statement.target, item, frame);
      const flow = this.block(statement.body, frame);
      if (flow === "break") return undefined;
      if (typeof flow === "object") return flow;
      this.countStep();
    }
    return undefined;
  }

  /** The bounds of `range(...)`; undefined for a loop over anything else. */
  private rangeOf(items: Expression, frame: Frame): Range | undefined {
    if (items.kind !== "call" || items.callee.kind !== "name" || items.callee.name !== "range")
      return undefined;
    return rangeFrom(items.args.map((argument) => this.expressions.evaluate(argument, frame)));
  }

  private itemsToVisit(items: Expression, frame: Frame): readonly Value[] {
    const value = this.expressions.evaluate(items, frame);
    const found =
      itemsOf(value) ??
      (value.kind === "dict" ? [...value.entries.values()].map(({ key }) => key) : undefined);
    if (!found) throw new Unfollowed(`a loop over ${describe(value)}`);
    return found;
  }

  /** Contexts of autograd change nothing that is computed. */
  private inContext(statement: Extract<Statement, { kind: "with" }>, frame: Frame): Flow {
    for (const context of statement.contexts) {
      const value = this.expressions.evaluate(context, frame);
      const isGradient = value.kind === "object" && /\.(autograd|profiler)\./.test(value.className);
      if (!isGradient) throw new Unfollowed(`a block within ${describe(value)}`);
    }
    return this.block(statement.body, frame);
  }
}
