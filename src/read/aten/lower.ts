// Lowers a PyTorch program to the IR: wrappers inlined, in-place operators made functional, then a rule for each call.
// Invariant: everything that cannot be lowered is said at once, each with its operator and its place in the model.
// Not here: what each operator becomes (rules/), shape inference (graph/infer-types.ts), simplification (passes/).
import { type Problem, problem, raise } from "../../core/errors.ts";
import { Graph, Value } from "../../graph/graph.ts";
import type { TorchExtensions } from "../extensions.ts";
import { brokenClaims } from "./claims.ts";
import { fitKernels } from "./fit-kernels.ts";
import { CallLowering, type Prepared, type ProgramContext, prepare } from "./lower-calls.ts";
import type { AtenGraph, AtenProgram } from "./program.ts";
import { whereOf } from "./where.ts";

/** Version of the ONNX operator set whose forms the rules emit. */
const OPSET = 21;

/** The program as an ONNX graph. Throws FerryError with a problem for each call that cannot be lowered. */
export function lowerAten(program: AtenProgram, extensions?: TorchExtensions): Graph {
  const problems: Problem[] = [];
  const context: ProgramContext = {
    file: program.file,
    weights: program.weights,
    problems,
    extensions,
    claims: [],
  };
  const whole: AtenGraph = { ...program.graph, outputs: program.outputs.map((output) => output.argument) };
  const prepared = prepare(whole, context);
  problems.push(...keptState(program, prepared));
  raise(problems);
  const lowering = new CallLowering(context, prepared, emptyGraph(program));
  addInputs(program, lowering);
  lowering.lowerCalls();
  raise(problems);
  addOutputs(program, prepared, lowering);
  raise(problems);
  raise(brokenClaims(lowering.graph, context.claims));
  raise(fitKernels(lowering.graph, program.file));
  return lowering.graph;
}

function emptyGraph(program: AtenProgram): Graph {
  const graph = new Graph();
  graph.opsets.set("", OPSET);
  graph.metadata.set("producer", program.producer);
  return graph;
}

function addInputs(program: AtenProgram, lowering: CallLowering): void {
  for (const input of program.inputs) {
    const value = new Value(input.name, lowering.realType(input.value));
    lowering.graph.inputs.push(value);
    lowering.define(input.value, value);
  }
}

/** Outputs have names of their own, so one that is an input, a weight, or given twice gets a node of its own. */
function addOutputs(program: AtenProgram, prepared: Prepared, lowering: CallLowering): void {
  for (const [index, { name }] of program.outputs.entries()) {
    const argument = prepared.graph.outputs[index];
    const value = argument && lowering.output(name, argument);
    if (!value) continue;
    const output = lowering.asOutput(value);
    output.name = name;
    lowering.graph.outputs.push(output);
  }
}

/** Buffers whose changed contents the next call would read: a served model keeps nothing between calls. */
function keptState(program: AtenProgram, prepared: Prepared): Problem[] {
  const changed = new Map([...program.mutations.keys()].map((name) => [name, ""]));
  for (const [name, call] of prepared.written) changed.set(name, whereOf(call));
  return [...changed].flatMap(([name, where]) => {
    const buffer = program.weights.get(name);
    if (!buffer || !prepared.used.has(name)) return [];
    return [
      problem("BUFFER_MUTATED", {
        file: program.file,
        buffer: buffer.name,
        where: where || "the top of the model",
      }),
    ];
  });
}
