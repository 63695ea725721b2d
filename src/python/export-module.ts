// Exports a module of the user's own code with torch.export in the user's own Python, with free sizes that stay free.
// Sizes of the example: PyTorch bakes in 0 and 1, and takes equal sizes for one another's, so that every name gets a size
// of its own above 1. Invariant: the file appears whole under its name, or not at all.
// Not here: the program itself (export-program.ts).
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ERRORS, type ErrorCode, FerryError, fail, Problem } from "../core/errors.ts";
import type { InputSpec } from "../read/torchscript/input-spec.ts";
import { type Environment, findPythons } from "./find-python.ts";
import { PythonFailure, PythonWorker } from "./worker.ts";

export interface ExportOptions {
  /** Path of the script and the name in it of a module, a class or a function that makes one. */
  readonly script: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** Sizes of the example by name, where the ones chosen here do not suit the model. */
  readonly sizes: Readonly<Record<string, number>>;
  /** A state_dict (.pt, .pth) or .safetensors. */
  readonly weights: string | undefined;
  /** Arguments of the class or function: a list, or an object of keyword arguments. */
  readonly arguments: unknown;
  readonly strict: boolean;
  readonly output: string;
  readonly pythons: readonly string[];
  readonly env: Environment;
  /** Hears, before anything is run, what will be. */
  readonly note: (text: string) => void;
}

export interface Exported {
  readonly torch: string;
  /** Names of sizes that are free within bounds, or multiples, that the code sets. */
  readonly bounded: readonly string[];
  readonly byteLength: number;
}

/** Throws a FerryError: exit code 2 for names and inputs that do not fit, 3 for what cannot be read or run, 4 for what torch.export refuses. */
export async function exportModule(options: ExportOptions): Promise<Exported> {
  const { script, name, weights, output, env, note } = options;
  for (const file of [script, ...(weights === undefined ? [] : [weights])]) {
    if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) fail("FILE_NOT_FOUND", { file });
  }
  const pythons = await findPythons(options.pythons, env);
  if (pythons.torch === undefined)
    return fail("EXPORT_NO_TORCH", { script, reason: pythons.whyNot("torch") });
  note(`running the code of ${script} in ${pythons.torch}`);
  const folder = fs.mkdtempSync(path.join(env["TMPDIR"] ?? os.tmpdir(), "torchferry-export-"));
  const temporary = path.join(
    path.dirname(output),
    `.${path.basename(output, ".pt2")}-${path.basename(folder)}.pt2`,
  );
  const worker = new PythonWorker(pythons.torch, "export", folder, env);
  try {
    const answer = await worker.ask("export", {
      script,
      name,
      inputs: exampleInputs(options.inputs, options.sizes),
      weights: weights ?? null,
      arguments: options.arguments,
      strict: options.strict,
      output: temporary,
    });
    fs.renameSync(temporary, output);
    const bounded = answer["bounded"] as string[]; // our own program wrote them
    return { torch: String(answer["version"]), bounded, byteLength: fs.statSync(output).size };
  } catch (error) {
    throw asFerryError(error, script);
  } finally {
    worker.close();
    fs.rmSync(temporary, { force: true });
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Sizes of batches, and of anything else: a sequence's length, or a picture's side, which networks halve again and again. */
const BATCH_SIZES = [2, 3, 5, 7, 11, 13];
const LENGTHS = [17, 19, 23, 29, 31, 37];
const SIDES = [224, 256, 288, 320, 352, 384];
const PICTURE_RANK = 4;

/** The inputs as the program takes them: the example's sizes, and the names of those that are free. */
export function exampleInputs(
  inputs: Readonly<Record<string, InputSpec>>,
  given: Readonly<Record<string, number>>,
): Record<string, unknown> {
  const sizes = new Map<string, number>(Object.entries(given));
  const taken = new Set(sizes.values());
  const sizeOf = (name: string, axis: number, rank: number): number => {
    const choices = axis === 0 ? BATCH_SIZES : rank >= PICTURE_RANK ? SIDES : LENGTHS;
    const size =
      sizes.get(name) ?? choices.find((choice) => !taken.has(choice)) ?? 2 * Math.max(...taken) + 1;
    sizes.set(name, size);
    taken.add(size);
    return size;
  };
  return Object.fromEntries(
    Object.entries(inputs).map(([input, spec]) => {
      if ("value" in spec) return [input, spec];
      const { dtype, shape } = spec;
      return [
        input,
        {
          dtype,
          sizes: shape.map((size, axis) =>
            typeof size === "number" ? size : sizeOf(size, axis, shape.length),
          ),
          symbols: shape.map((size) => (typeof size === "number" ? null : size)),
        },
      ];
    }),
  );
}

/** A failure that the program foresaw is a row of the table; any other is the script's. */
function asFerryError(error: unknown, script: string): unknown {
  if (!(error instanceof PythonFailure)) return error;
  const { code, fields } = error.answer;
  if (typeof code === "string" && code in ERRORS) {
    const row = code as ErrorCode; // it is in the table
    return new FerryError([new Problem(row, fields as Record<string, string>, error)]); // our own program wrote them
  }
  return new FerryError([new Problem("EXPORT_SCRIPT_FAILED", { script, error: error.message }, error)]);
}
