// Reads a TorchScript archive (.pt of torch.jit.trace, script or freeze) into an AtenProgram by following its code.
// Specification: https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/docs/serialization.md
// Method: the tree of modules is built from the pickles, then `forward` is interpreted with symbols for tensors.
// Invariant: what the code does is followed, never run; what cannot be followed is refused with its line.
// Not here: what operators become (read/aten/).
import type { ZipArchive } from "../../bytes/zip/read-zip.ts";
import type { ByteSource } from "../../core/byte-source.ts";
import { FerryError, Problem, raise } from "../../core/errors.ts";
import { type Dim, symbolName, symbolsIn } from "../../graph/dim.ts";
import type { AtenGraph, AtenProgram } from "../aten/program.ts";
import type { Extensions, TorchExtensions } from "../extensions.ts";
import { refuseAmbiguousWrites } from "./ambiguous-writes.ts";
import { openArchive, type ScriptArchive } from "./archive.ts";
import { Code } from "./code.ts";
import { constantsOf } from "./constants.ts";
import { unregistered } from "./custom-code.ts";
import { Evaluator } from "./evaluate/evaluator.ts";
import type { InputSpec } from "./input-spec.ts";
import { type Example, type Inputs, sizeOn, statedInputs, tracedExample, tracedInputs } from "./inputs.ts";
import { Objects } from "./objects.ts";
import { outputsOf } from "./outputs.ts";
import { ProgramBuilder } from "./program-builder.ts";
import { Malformed, Unfollowed, Unregistered } from "./refusal.ts";
import { refusedCode } from "./refused-code.ts";
import type { FunctionDefinition } from "./source/syntax.ts";
import { type Change, changes, snapshot } from "./state.ts";
import type { ObjectValue } from "./values.ts";

export interface TorchScriptOptions {
  /** Types of inputs by the names of `forward`'s parameters, for archives without a traced example. */
  readonly inputs?: Readonly<Record<string, InputSpec>>;
  /** Reads a trace with the sizes of its example alone. */
  readonly exampleSizes?: boolean;
  /** Operators that are not in the tables. */
  readonly extensions?: Extensions | undefined;
}

/** One reading of an archive. */
export interface Reading {
  /** The example's sizes by axis, for a reading that takes one of them for a free batch. */
  readonly example?: readonly number[];
  /** Follows the code. Throws FerryError. */
  program(): AtenProgram;
}

/**
 * The readings of an archive, the wanted one first: a trace is read with a free batch, and with the example's sizes where
 * its code does not allow that. The caller takes the first that can be lowered.
 * Throws FerryError: TORCHSCRIPT_INPUTS if the inputs' types are not known, TORCHSCRIPT_MALFORMED,
 * TORCHSCRIPT_UNFOLLOWED with the line of the code, TORCHSCRIPT_OPTIMIZED and TORCHSCRIPT_QUANTIZED.
 */
export function readTorchScript(
  file: ByteSource,
  entries: ZipArchive,
  options: TorchScriptOptions = {},
): readonly Reading[] {
  return raising(file.name, () => readArchive(openArchive(file, entries), options));
}

/** As readTorchScript, of an archive that is open. */
export function readArchive(archive: ScriptArchive, options: TorchScriptOptions = {}): readonly Reading[] {
  const file = archive.file;
  return raising(file.name, () => {
    raise(refusedCode(archive));
    const code = new Code(archive);
    const reading = (inputs: InputsOf): Reading => ({
      program: () => raising(file.name, () => follow(archive, code, inputs, options.extensions?.torch)),
    });
    const example = options.inputs === undefined ? tracedExample(archive) : undefined;
    if (!example) {
      const specs = options.inputs ?? {};
      return [reading((forward, builder) => statedInputs(file.name, forward, specs, builder))];
    }
    const traced = (batchAxis: number | undefined): Reading =>
      reading((forward, builder) => tracedInputs(forward, example, batchAxis, builder));
    return options.exampleSizes ? [traced(undefined)] : [...freeReadings(example, traced), traced(undefined)];
  });
}

/**
 * The batch is axis 0, or axis 1 where the code treats axis 0 as a sequence: then nothing of axis 0's size comes out.
 * The outputs decide: the batch must be an axis of one of them.
 */
function freeReadings(example: Example, traced: (batchAxis: number) => Reading): Reading[] {
  const sizes = [0, 1].map((axis) => sizeOn(axis, example));
  if (sizes[0] === undefined) return [];
  const first: Reading = {
    example: sizes.map((size) => size ?? 0),
    program() {
      const program = traced(0).program();
      return showsBatch(program) || sizes[1] === undefined ? program : (secondAxis(traced) ?? program);
    },
  };
  return [first];
}

function secondAxis(traced: (batchAxis: number) => Reading): AtenProgram | undefined {
  try {
    const program = traced(1).program();
    return showsBatch(program) ? program : undefined;
  } catch (error) {
    if (error instanceof FerryError) return undefined; // axis 1 is not the batch either
    throw error;
  }
}

type InputsOf = (forward: FunctionDefinition, builder: ProgramBuilder) => Inputs | Problem;

/** Runs something, and turns what stops it into a FerryError. */
function raising<T>(file: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Unfollowed || error instanceof Malformed)
      throw new FerryError([error.problem(file)]);
    throw error;
  }
}

function follow(
  archive: ScriptArchive,
  code: Code,
  inputsOf: InputsOf,
  extensions: TorchExtensions | undefined,
): AtenProgram {
  const builder = new ProgramBuilder();
  const model = rootModule(archive, code, builder);
  const forward = code.method(model.className, "forward");
  if (!forward) throw new Malformed(`the class ${model.className}`, "has no method forward");
  const given = inputsOf(forward, builder);
  if (given instanceof Problem) throw new FerryError([given]);
  const before = snapshot(model);
  const constants = constantsOf(archive, code, builder);
  const context = { builder, code, constants, version: archive.version, extensions };
  const result = raisingUnregistered(archive, extensions, () =>
    new Evaluator(context).callMethod(model, "forward", { positional: given.args, named: new Map() }),
  );
  const outputs = outputsOf(result);
  const graph: AtenGraph = {
    inputs: given.inputs.map(({ value }) => value),
    outputs: outputs.map(({ argument }) => argument),
    calls: builder.calls,
    types: builder.types,
    strides: builder.strides,
  };
  refuseAmbiguousWrites(graph);
  const { weights } = builder;
  return {
    file: archive.file.name,
    graph,
    inputs: given.inputs,
    outputs,
    weights,
    mutations: mutationsOf(changes(before), builder),
    producer: "torch.jit",
    constraints: new Map(),
  };
}

/** Where an operator of the user's own stops the reading, all such are told. */
function raisingUnregistered<T>(
  archive: ScriptArchive,
  extensions: TorchExtensions | undefined,
  evaluate: () => T,
): T {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof Unregistered) raise(unregistered(archive, extensions));
    throw error;
  }
}

function rootModule(archive: ScriptArchive, code: Code, builder: ProgramBuilder): ObjectValue {
  const saved = archive.pickle("data");
  const root = saved && new Objects(saved, code, builder).root("");
  if (root?.kind !== "object") throw new Malformed("data.pkl", "holds no module");
  return root;
}

/**
 * Whether the batch is an axis of an output. Throws FerryError where it is a part of one only: then the trace has mixed
 * it with the example's sizes.
 */
function showsBatch({ file, graph }: AtenProgram): boolean {
  const shapes = graph.outputs.map((output) =>
    output.kind === "tensor" ? (graph.types.get(output.value)?.shape ?? []) : [],
  );
  const isOpen = (size: Dim) => symbolsIn(size).has("batch");
  for (const shape of shapes.filter((sizes) => sizes.some(isOpen))) {
    if (shape.some((size) => symbolName(size) === "batch") || isOpen(shape[0] ?? 0)) continue;
    const found = `an output mixes the batch with other sizes: [${shape}]`;
    throw new FerryError([new Unfollowed(found).problem(file)]);
  }
  return shapes.some((shape) => shape.some(isOpen));
}

/** Tensors that `forward` keeps in the model. Anything else that it keeps cannot be said in a graph. */
function mutationsOf(changed: readonly Change[], builder: ProgramBuilder): Map<string, string> {
  const mutations = new Map<string, string>();
  for (const { name, before, after } of changed) {
    const isBuffer = before?.kind === "tensor" && builder.weights.has(before.name);
    if (!isBuffer || after.kind !== "tensor")
      throw new Unfollowed(
        `forward changes the attribute ${name}, which the next call would read`,
        "pass the state in and out of forward as a tensor",
      );
    mutations.set(before.name, after.name);
  }
  return mutations;
}
