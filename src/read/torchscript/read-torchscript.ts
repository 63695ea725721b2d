// Reads a TorchScript archive (.pt of torch.jit.trace, script or freeze) into an AtenProgram by following its code.
// Specification: https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/docs/serialization.md
// Method: the tree of modules is built from the pickles, then `forward` is interpreted with symbols for tensors.
// Invariant: what the code does is followed, never run; what cannot be followed is refused with its line.
// Not here: what operators become (read/aten/).
import type { ZipArchive } from "../../bytes/zip/read-zip.ts";
import type { ByteSource } from "../../core/byte-source.ts";
import { FerryError, type Problem, raise } from "../../core/errors.ts";
import { type Dim, symbolName, symbolsIn } from "../../graph/dim.ts";
import { Refusal } from "../aten/argument.ts";
import type { AtenProgram } from "../aten/program.ts";
import type { Extensions, TorchExtensions } from "../extensions.ts";
import { openArchive, type ScriptArchive } from "./archive.ts";
import { Code } from "./code.ts";
import { unregistered } from "./custom-code.ts";
import { follow } from "./follow.ts";
import type { InputSpec } from "./input-spec.ts";
import {
  type Example,
  type Inputs,
  sizeOn,
  statedInputs,
  TRACED_BATCH,
  tracedExample,
  tracedInputs,
} from "./inputs.ts";
import type { ProgramBuilder } from "./program-builder.ts";
import { Malformed, Unfollowed, Unregistered } from "./refusal.ts";
import { refusedCode } from "./refused-code.ts";
import type { FunctionDefinition } from "./source/syntax.ts";
import { squeezesBatch } from "./squeezed-batch.ts";

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
      program: () => {
        const extensions = options.extensions?.torch;
        const program = () => follow({ archive, code, inputsOf: inputs, extensions });
        return raising(file.name, () => raisingUnregistered(archive, extensions, program));
      },
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
      if (sizes[0] === 1 && squeezesBatch(program.graph)) throw squeezed(program);
      return showsBatch(program) || sizes[1] === undefined ? program : (secondAxis(traced) ?? program);
    },
  };
  return [first];
}

function squeezed({ file }: AtenProgram): FerryError {
  return new FerryError([
    new Unfollowed("it drops the batch, which it does at a batch of 1 alone").problem(file),
  ]);
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
    if (error instanceof Refusal) throw new FerryError([new Unfollowed(error.message).problem(file)]);
    throw error;
  }
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

/**
 * Whether the batch is an axis of an output. Throws FerryError where it is a part of one only: then the trace has mixed
 * it with the example's sizes.
 */
function showsBatch({ file, graph }: AtenProgram): boolean {
  const shapes = graph.outputs.map((output) =>
    output.kind === "tensor" ? (graph.types.get(output.value)?.shape ?? []) : [],
  );
  const isOpen = (size: Dim) => symbolsIn(size).has(TRACED_BATCH);
  for (const shape of shapes.filter((sizes) => sizes.some(isOpen))) {
    if (shape.some((size) => symbolName(size) === TRACED_BATCH) || isOpen(shape[0] ?? 0)) continue;
    const found = `an output mixes the batch with other sizes: [${shape}]`;
    throw new FerryError([new Unfollowed(found).problem(file)]);
  }
  return shapes.some((shape) => shape.some(isOpen));
}
