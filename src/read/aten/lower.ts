// Lowers a PyTorch program to the IR: wrappers inlined, in-place operators made functional, then a rule for each call.
// Invariant: everything that cannot be lowered is said at once, each with its operator and its place in the model.
// Not here: what each operator becomes (rules/), shape inference (graph/infer-types.ts), simplification (passes/).
import { type Problem, raise } from "../../core/errors.ts";
import { Graph, Value } from "../../graph/graph.ts";
import type { TorchExtensions } from "../extensions.ts";
import { brokenClaims } from "./claims.ts";
import { fitKernels } from "./fit-kernels.ts";
import { dropIdleStates } from "./idle-states.ts";
import { CallLowering, type Prepared, type ProgramContext } from "./lower-calls.ts";
import type { AtenInput, AtenOutput, AtenProgram } from "./program.ts";
import { type ProgramState, prepareWithStates } from "./states.ts";

/** Version of the ONNX operator set whose forms the rules emit. */
const OPSET = 21;

/**
 * The program as an ONNX graph. A buffer that `forward` changes is an input of its name and an output `NAME_out`, after
 * the program's own; `graph.states` says which belong together. Throws FerryError with a problem for each call that
 * cannot be lowered.
 */
export function lowerAten(program: AtenProgram, extensions?: TorchExtensions): Graph {
  const problems: Problem[] = [];
  const context: ProgramContext = {
    file: program.file,
    weights: program.weights,
    problems,
    extensions,
    claims: [],
  };
  const { prepared, states } = prepareWithStates(program, context);
  raise(problems);
  const lowering = new CallLowering(context, prepared, emptyGraph(program));
  addInputs([...program.inputs, ...states.map(({ input }) => input)], lowering);
  lowering.lowerCalls();
  raise(problems);
  addOutputs([...program.outputs, ...states.map(({ output }) => output)], prepared, lowering);
  raise(problems);
  raise(brokenClaims(lowering.graph, context.claims));
  raise(fitKernels(lowering.graph, program.file));
  pairStates(program, states, lowering.graph);
  dropIdleStates(lowering.graph);
  return lowering.graph;
}

function emptyGraph(program: AtenProgram): Graph {
  const graph = new Graph();
  graph.opsets.set("", OPSET);
  graph.metadata.set("producer", program.producer);
  return graph;
}

function addInputs(inputs: readonly AtenInput[], lowering: CallLowering): void {
  for (const input of inputs) {
    const value = new Value(input.name, lowering.realType(input.value));
    lowering.graph.inputs.push(value);
    lowering.define(input.value, value);
  }
}

/** Outputs have names of their own, so one that is an input, a weight, or given twice gets a node of its own. */
function addOutputs(outputs: readonly AtenOutput[], prepared: Prepared, lowering: CallLowering): void {
  for (const [index, { name }] of outputs.entries()) {
    const argument = prepared.graph.outputs[index];
    const value = argument && lowering.output(name, argument);
    if (!value) continue;
    const output = lowering.asOutput(value);
    output.name = name;
    lowering.graph.outputs.push(output);
  }
}

/** The first of the graph's last inputs belongs to the first of its last outputs, and so on. */
function pairStates(program: AtenProgram, states: readonly ProgramState[], graph: Graph): void {
  for (const [index, { initial }] of states.entries()) {
    const output = graph.outputs.length - states.length + index;
    graph.states.push({ input: program.inputs.length + index, output, initial });
  }
}
