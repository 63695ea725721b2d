// Lowers a PyTorch program to the IR: wrappers inlined, in-place operators made functional, then a rule for each call.
// Invariant: everything that cannot be lowered is said at once, each with its operator and its place in the model.
// Not here: what each operator becomes (rules/), shape inference (graph/infer-types.ts), simplification (passes/).
import { type Problem, problem, raise } from "../../core/errors.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { symbolName } from "../../graph/dim.ts";
import { Graph, Value } from "../../graph/graph.ts";
import { tensorType, type ValueType } from "../../graph/type.ts";
import { isComplex } from "../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import { Refusal } from "./argument.ts";
import { Call, realDType, realShape, type Scope } from "./call.ts";
import { DimEmitter, UnknownSymbol } from "./emit-dims.ts";
import { type Functional, functionalize } from "./functionalize.ts";
import { inlineWrappers } from "./inline.ts";
import { liveCalls } from "./live-calls.ts";
import type { AtenArgument, AtenCall, AtenGraph, AtenProgram } from "./program.ts";
import { valuesIn } from "./rename.ts";
import type { Emitted } from "./rule.ts";
import { ruleFor } from "./rules/registry.ts";
import { unknownReason } from "./unknown-reason.ts";
import { whereOf } from "./where.ts";

/** Version of the ONNX operator set whose forms the rules emit. */
const OPSET = 21;

/** The program as an ONNX graph. Throws FerryError with a problem for each call that cannot be lowered. */
export function lowerAten(program: AtenProgram): Graph {
  const whole: AtenGraph = { ...program.graph, outputs: program.outputs.map((output) => output.argument) };
  const functional = functionalize(inlineWrappers(whole), program.file);
  const calls = liveCalls(functional.graph);
  raise([...functional.problems, ...keptState(program, functional, usedNames(functional.graph, calls))]);
  return new Lowering(program, functional.graph, calls).run();
}

class Lowering {
  private readonly program: AtenProgram;
  private readonly aten: AtenGraph;
  private readonly graph: Graph;
  private readonly values = new Map<string, Value>();
  private readonly scope: Scope;
  private readonly problems: Problem[] = [];
  private readonly calls: readonly AtenCall[];

  constructor(program: AtenProgram, aten: AtenGraph, calls: readonly AtenCall[]) {
    this.calls = calls;
    this.program = program;
    this.aten = aten;
    this.graph = new Graph();
    this.graph.opsets.set("", OPSET);
    this.graph.metadata.set("producer", program.producer);
    const builder = new GraphBuilder(this.graph);
    this.scope = {
      builder,
      dims: new DimEmitter(builder),
      graph: aten,
      used: usedNames(aten, calls),
      valueOf: (name) => this.valueOf(name),
      shared: new Map(),
    };
  }

  run(): Graph {
    this.addInputs();
    for (const call of this.calls) this.lower(call);
    raise(this.problems);
    for (const [index, output] of this.program.outputs.entries()) {
      const argument = this.aten.outputs[index];
      if (argument) this.addOutput(output.name, argument);
    }
    raise(this.problems);
    return this.graph;
  }

  private addInputs(): void {
    for (const input of this.program.inputs) {
      const value = new Value(input.name, this.realType(input.value));
      this.graph.inputs.push(value);
      this.define(input.value, value);
    }
  }

  private lower(call: AtenCall): void {
    if (call.outputs.every((output) => output.kind === "int" && this.scope.dims.knows(output.value))) return;
    this.scope.builder.origin = { ...call.origin, operator: call.target };
    const view = new Call(call, this.scope);
    try {
      const rule = ruleFor(call.target);
      const reason = rule ? (complexReason(view, rule.complex) ?? rule.refuse?.(view)) : unknownReason(view);
      if (reason !== undefined || !rule) throw new Refusal(reason);
      this.bind(call, rule.emit(view));
    } catch (error) {
      const reason = refusalOf(error);
      if (reason !== "") this.refuse(call, reason);
      for (const name of view.outputNames())
        if (name !== undefined) this.values.set(name, new Value(name, this.realType(name)));
    }
  }

  private refuse(call: AtenCall, reason: string): void {
    const operator = call.target.replace("::", ".");
    this.problems.push(
      problem("OPERATOR_UNSUPPORTED", { file: this.program.file, operator, where: whereOf(call), reason }),
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

  private define(name: string, value: Value): void {
    this.values.set(name, value);
    if (!value.type && !value.initializer) value.type = this.realType(name);
    const shape = this.aten.types.get(name)?.shape;
    if (shape) this.scope.dims.register(value, shape);
  }

  private realType(name: string): ValueType | undefined {
    const type = this.aten.types.get(name);
    if (!type?.shape) return type;
    return tensorType(realDType(type.dtype), realShape(type.dtype, type.shape));
  }

  private valueOf(name: string): Value {
    const known = this.values.get(name);
    if (known) return known;
    const weight = this.program.weights.get(name);
    if (!weight) throw new Refusal(`nothing in the file computes its argument ${name}`);
    const value = this.scope.builder.constant(weight.tensor, weight.name);
    this.values.set(name, value);
    return value;
  }

  /** Outputs have names of their own, so one that is an input, a weight, or given twice gets a node of its own. */
  private addOutput(name: string, argument: AtenArgument): void {
    const value = this.checkedOutput(name, argument);
    if (!value) return;
    const taken = !value.producer || this.graph.outputs.includes(value);
    const output = taken ? this.scope.builder.emit("Identity", [value], {}, { types: [value.type] }) : value;
    output.name = name;
    this.graph.outputs.push(output);
  }

  private checkedOutput(name: string, argument: AtenArgument): Value | undefined {
    try {
      return this.outputValue(argument);
    } catch (error) {
      const call = this.calls.find((candidate) =>
        candidate.outputs.flatMap(valuesIn).some((result) => valuesIn(argument).includes(result)),
      );
      const operator = call?.target.replace("::", ".") ?? "output";
      const where = call ? whereOf(call) : name;
      const reason = `the output ${name} cannot be computed: ${refusalOf(error)}`;
      this.problems.push(
        problem("OPERATOR_UNSUPPORTED", { file: this.program.file, operator, where, reason }),
      );
      return undefined;
    }
  }

  private outputValue(argument: AtenArgument): Value | undefined {
    if (argument.kind === "tensor" || argument.kind === "symbol") return this.valueOf(argument.value);
    if (argument.kind === "int") return this.scope.dims.scalar(argument.value);
    if (argument.kind === "float")
      return this.scope.builder.constant(tensorOfNumbers("float32", [], [argument.value]));
    if (argument.kind === "bool")
      return this.scope.builder.constant(tensorOfNumbers("bool", [], [argument.value ? 1 : 0]));
    return undefined;
  }
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
  const names = [...call.call.args.values()]
    .flatMap(valuesIn)
    .concat(call.outputNames().filter((name) => name !== undefined));
  return names.some((name) => isComplex(call.dtypeOfValue(name)))
    ? "it is not supported for complex numbers"
    : undefined;
}

/** The reason in a thrown refusal; other errors go on. */
function refusalOf(error: unknown): string {
  if (error instanceof Refusal || error instanceof UnknownSymbol) return error.message;
  throw error;
}

/** Names of values that live calls and outputs read. */
function usedNames(graph: AtenGraph, calls: readonly AtenCall[]): Set<string> {
  return new Set([
    ...calls.flatMap((call) => [...call.args.values()].flatMap(valuesIn)),
    ...graph.outputs.flatMap(valuesIn),
  ]);
}

/** Buffers whose changed contents the next call would read: a served model keeps nothing between calls. */
function keptState(program: AtenProgram, functional: Functional, read: ReadonlySet<string>): Problem[] {
  const changed = new Map([...program.mutations.keys()].map((name) => [name, ""]));
  for (const [name, call] of functional.written) changed.set(name, whereOf(call));
  return [...changed].flatMap(([name, where]) => {
    const buffer = program.weights.get(name);
    if (!buffer || !read.has(name)) return [];
    return [
      problem("BUFFER_MUTATED", {
        file: program.file,
        buffer: buffer.name,
        where: where || "the top of the model",
      }),
    ];
  });
}
