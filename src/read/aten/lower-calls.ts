// Lowers the calls of one graph, the program's or a body's, into nodes.
// Invariant: a call that cannot be lowered becomes a problem, its results stand-ins, so that all problems are found in one go.
// Not here: the program's inputs and outputs (lower.ts), what each operator becomes (rules/).
import { type Problem, problem } from "../../core/errors.ts";
import { RuleFault } from "../../core/rule-fault.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { symbolName } from "../../graph/dim.ts";
import { Graph, Value } from "../../graph/graph.ts";
import { tensorType, type ValueType } from "../../graph/type.ts";
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import type { TorchExtensions } from "../extensions.ts";
import { Refusal } from "./argument.ts";
import { type Body, Call, realDType, realShape, type Scope } from "./call.ts";
import type { Claim } from "./claims.ts";
import { realForm } from "./complex-pair.ts";
import { customName, isCustom } from "./custom-operator.ts";
import { DimEmitter, UnknownSymbol } from "./emit-dims.ts";
import { type Functional, functionalize } from "./functionalize.ts";
import { inlineWrappers } from "./inline.ts";
import { liveCalls } from "./live-calls.ts";
import type { AtenArgument, AtenCall, AtenGraph, Weight } from "./program.ts";
import { valuesIn } from "./rename.ts";
import type { Emitted, Rule } from "./rule.ts";
import { ruleFor } from "./rules/registry.ts";
import { unknownReason } from "./unknown-reason.ts";
import { whereOf } from "./where.ts";

/** What the graphs of a program share. */
export interface ProgramContext {
  readonly file: string;
  readonly weights: ReadonlyMap<string, Weight>;
  readonly problems: Problem[];
  readonly extensions: TorchExtensions | undefined;
  /** What results of the user's own rules must be. */
  readonly claims: Claim[];
}

/** A graph ready to be lowered: functional, and without what nobody uses. */
export interface Prepared {
  readonly graph: AtenGraph;
  readonly calls: readonly AtenCall[];
  readonly written: Functional["written"];
  /** Names of values that live calls and outputs read. */
  readonly used: ReadonlySet<string>;
}

/** Inlines wrappers, makes in-place operators functional and drops dead calls. */
export function prepare(aten: AtenGraph, context: ProgramContext): Prepared {
  const { graph, written, problems } = functionalize(inlineWrappers(aten), context.file);
  context.problems.push(...problems);
  const calls = liveCalls(graph);
  const read = calls.flatMap((call) => [...call.args.values()].flatMap(valuesIn));
  return { graph, calls, written, used: new Set([...read, ...graph.outputs.flatMap(valuesIn)]) };
}

export class CallLowering {
  readonly graph: Graph;
  private readonly context: ProgramContext;
  private readonly prepared: Prepared;
  private readonly values = new Map<string, Value>();
  private readonly scope: Scope;
  private readonly isBody: boolean;

  /** `outer` is the sizes' emitter of the graph around a body. */
  constructor(context: ProgramContext, prepared: Prepared, graph: Graph, outer?: DimEmitter) {
    this.context = context;
    this.prepared = prepared;
    this.graph = graph;
    this.isBody = outer !== undefined;
    const builder = new GraphBuilder(graph);
    this.scope = {
      builder,
      dims: new DimEmitter(builder, outer),
      graph: prepared.graph,
      used: prepared.used,
      valueOf: (name) => this.valueOf(name),
      openBody: () => this.openBody(),
      inline: (body, operands) => this.runIn(graph, body, operands),
      shared: new Map(),
      extensions: context.extensions,
    };
  }

  /** Says which value a name of the program stands for. */
  define(name: string, value: Value): void {
    this.values.set(name, value);
    const { sources } = this.prepared.graph;
    if (!this.isBody) value.source ??= sources ? sources.get(name) : name; // bodies have names of their own
    if (!value.type && !value.initializer) value.type = this.realType(name);
    const shape = this.prepared.graph.types.get(name)?.shape;
    if (shape) this.scope.dims.register(value, shape);
    // A free integer is called by its symbol, so that sizes that speak of it find it.
    if (shape?.length === 0) this.scope.dims.registerScalar(name, value);
  }

  lowerCalls(): void {
    for (const call of this.prepared.calls) this.lower(call);
  }

  /** The value of an output; undefined if it is None, or if it cannot be computed, which is a problem then. */
  output(name: string, argument: AtenArgument): Value | undefined {
    try {
      return this.outputValue(argument);
    } catch (error) {
      const reason = refusalOf(error);
      const call = this.prepared.calls.find(({ outputs }) =>
        outputs.flatMap(valuesIn).some((result) => valuesIn(argument).includes(result)),
      );
      if (call) this.refuse(call, `the output ${name} cannot be computed: ${reason}`);
      else this.addProblem("output", name, reason);
      return undefined;
    }
  }

  /** The declared type of a value, complex numbers as pairs. */
  realType(name: string): ValueType | undefined {
    const type = this.prepared.graph.types.get(name);
    if (!type?.shape) return type;
    return tensorType(realDType(type.dtype), realShape(type.dtype, type.shape));
  }

  /** `value`, or a copy of it if it is not computed in this graph or already is an output. */
  asOutput(value: Value): Value {
    return ownOutput(this.graph, value);
  }

  private lower(call: AtenCall): void {
    if (call.outputs.every((output) => output.kind === "int" && this.scope.dims.knows(output.value))) return;
    this.scope.builder.origin = { ...call.origin, operator: call.target };
    const view = new Call(call, this.scope);
    try {
      const rule = this.ruleOf(call.target);
      const reason = rule ? (complexReason(view, rule.complex) ?? rule.refuse?.(view)) : unknownReason(view);
      if (reason !== undefined || !rule) throw new Refusal(reason);
      this.bind(call, rule.emit(view));
      if (rule.own !== undefined) this.claim(call, rule.own);
    } catch (error) {
      const reason = this.reasonFor(call, error);
      if (reason !== "") this.refuse(call, reason);
      for (const name of view.outputNames()) {
        if (name !== undefined) this.values.set(name, new Value(name, this.realType(name)));
      }
    }
  }

  /** Why a call was refused, in words; a fault of the user's rule, and a missing one, are told by sentences of their own. */
  private reasonFor(call: AtenCall, error: unknown): string {
    const place = { file: this.context.file, operator: customName(call.target), where: whereOf(call) };
    if (error instanceof RuleFault) this.context.problems.push(error.problemAt(place));
    else if (isCustom(call.target) && !this.ruleOf(call.target)) {
      const wanted = "a rule that says what it is in ONNX";
      this.context.problems.push(problem("CUSTOM_OPERATOR_UNKNOWN", { ...place, wanted }));
    } else return refusalOf(error);
    return "";
  }

  private claim(call: AtenCall, rule: string): void {
    const place = { file: this.context.file, operator: customName(call.target), where: whereOf(call) };
    for (const name of flatOutputs(call).flatMap((output) => (output ? valuesIn(output) : []))) {
      const value = this.values.get(name);
      if (value) this.context.claims.push({ value, type: this.realType(name), rule, place });
    }
  }

  private ruleOf(target: string): Rule | undefined {
    return this.context.extensions?.ruleFor(target) ?? ruleFor(target);
  }

  private refuse(call: AtenCall, reason: string): void {
    this.addProblem(call.target.replace("::", "."), whereOf(call), reason);
  }

  private addProblem(operator: string, where: string, reason: string): void {
    this.context.problems.push(
      problem("OPERATOR_UNSUPPORTED", { file: this.context.file, operator, where, reason }),
    );
  }

  private bind(call: AtenCall, emitted: Emitted): void {
    const results = emitted instanceof Value ? [emitted] : emitted;
    for (const [index, output] of flatOutputs(call).entries()) {
      const value = results[index];
      if (!value || !output) continue;
      if (output.kind === "int") this.scope.dims.registerScalar(symbolName(output.value) ?? "", value);
      else for (const name of valuesIn(output)) this.define(name, value);
    }
  }

  private valueOf(name: string): Value {
    const known = this.values.get(name);
    if (known) return known;
    const weight = this.context.weights.get(name);
    if (!weight) throw new Refusal(`nothing in the file computes ${name}, which it reads`);
    const value = this.scope.builder.constant(realForm(weight.tensor), weight.name);
    this.values.set(name, value);
    return value;
  }

  private outputValue(argument: AtenArgument): Value | undefined {
    const constant = (dtype: "float32" | "bool", value: number) =>
      this.scope.builder.constant(tensorOfNumbers(dtype, [], [value]));
    if (argument.kind === "tensor" || argument.kind === "symbol") return this.valueOf(argument.value);
    if (argument.kind === "int") return this.scope.dims.scalar(argument.value);
    if (argument.kind === "float") return constant("float32", argument.value);
    return argument.kind === "bool" ? constant("bool", argument.value ? 1 : 0) : undefined;
  }

  private openBody(): Body {
    const graph = new Graph("body");
    const input = (type?: ValueType): Value => {
      const value = new Value("", type);
      graph.inputs.push(value);
      return value;
    };
    return {
      graph,
      input,
      run: (inner, operands) => this.runIn(graph, inner, operands),
      output: (value) => graph.outputs.push(ownOutput(graph, value)),
    };
  }

  /** Appends a graph's calls to `graph`: this one, or a body that reads this one's values. */
  private runIn(graph: Graph, aten: AtenGraph, operands: readonly Value[]): Value[] {
    const prepared = prepare(aten, this.context);
    const inner = new CallLowering(this.context, prepared, graph, this.scope.dims);
    for (const [index, name] of prepared.graph.inputs.entries()) {
      const operand = operands[index];
      if (operand) inner.define(name, operand);
    }
    inner.lowerCalls();
    return prepared.graph.outputs.flatMap((argument, index) => {
      const value = inner.output(`result ${index} of a body`, argument);
      return value ? [value] : [];
    });
  }
}

/** `value`, or a copy of it if it is not computed in this graph or already is an output. */
function ownOutput(graph: Graph, value: Value): Value {
  const own = value.producer && graph.nodes.includes(value.producer) && !graph.outputs.includes(value);
  return own ? value : new GraphBuilder(graph).emit("Identity", [value], {}, { types: [value.type] });
}

/** A call's results with lists opened, each an argument of its own; absent ones are undefined. */
function flatOutputs(call: AtenCall): (AtenArgument | undefined)[] {
  return call.outputs.flatMap((output): (AtenArgument | undefined)[] => {
    if (output.kind !== "tensors") return [output];
    return output.values.map((value) => (value === undefined ? undefined : { kind: "tensor", value }));
  });
}

function complexReason(call: Call, understood: true | undefined): string | undefined {
  if (understood) return undefined;
  const results = call.outputNames().filter((name) => name !== undefined);
  const names = [...[...call.call.args.values()].flatMap(valuesIn), ...results];
  return names.some((name) => call.isComplexValue(name))
    ? "it is not supported for complex numbers"
    : undefined;
}

/** The reason in a thrown refusal; other errors go on. */
function refusalOf(error: unknown): string {
  if (error instanceof Refusal || error instanceof UnknownSymbol) return error.message;
  throw error;
}
