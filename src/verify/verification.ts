// One file against what it was converted to: opens both sides, runs every case, compares every output.
// Invariant: `close` ends every process and session that was opened, whatever failed.
// Not here: the float16 copy, which is a verification of its own (verify-model.ts).
import { FerryError, fail } from "../core/errors.ts";
import type { TensorValue } from "../engine/engine.ts";
import type { OnnxRuntimeEngine } from "../engine/onnxruntime/engine.ts";
import { PythonFailure, PythonWorker } from "../python/worker.ts";
import type { InputSpec } from "../read/torchscript/input-spec.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { generatedCases, inputTypes, recordedCases, type VerifyCase } from "./cases.ts";
import { compareTensors, toleranceOf } from "./compare.ts";
import {
  type Converted,
  convertFor,
  type ModelOptions,
  openDirectory,
  sourceInputs,
  sourceOutputs,
} from "./converted.ts";
import { type ModelEngine, onnxForm, savedModelForm } from "./engines.ts";
import { asTensor } from "./find-difference.ts";
import { halfTolerances } from "./half-tolerance.ts";
import { locateInConversion, locateInSavedModel, type Setting } from "./locate.ts";
import { isSource, type Opened, openSource } from "./open-source.ts";
import type { Surroundings, VerifyOptions } from "./options.ts";
import { type Parting, type Row, rowWithoutOutput } from "./report.ts";
import type { Source } from "./source.ts";

/** Something that runs the whole model: a form of the converted one, or the source against recorded numbers. */
interface Runner {
  readonly name: string;
  run(inputs: readonly TensorValue[]): Promise<TensorValue[]>;
  readonly form: ModelEngine | undefined;
}

/** That the file is a copy in half precision, and what it is a copy of. */
export interface HalfCopy {
  readonly of: Source;
}

/** What outputs should be, and the relative errors that count as equal; undefined for each dtype's own. */
interface Wanted {
  readonly outputs: readonly Tensor[];
  readonly tolerances: readonly (number | undefined)[];
}

/** The first output that differs, for the search. */
interface Suspect {
  readonly form: ModelEngine;
  readonly of: VerifyCase;
  readonly output: number;
}

export class Verification {
  readonly opened: Opened;
  private readonly options: VerifyOptions;
  private readonly converted: Converted;
  private readonly forms: readonly ModelEngine[];
  private readonly copy: HalfCopy | undefined;

  private constructor(
    options: VerifyOptions,
    sides: { opened: Opened; converted: Converted; forms: readonly ModelEngine[] },
    copy: HalfCopy | undefined,
  ) {
    this.options = options;
    this.opened = sides.opened;
    this.converted = sides.converted;
    this.forms = sides.forms;
    this.copy = copy;
  }

  /** Throws what converting and loading throw, and VERIFY_NO_SOURCE. */
  static async open(
    engine: OnnxRuntimeEngine,
    options: VerifyOptions,
    around: Surroundings,
    copy?: HalfCopy,
  ): Promise<Verification> {
    const { file, directory, progress } = options;
    progress(`converting ${file}`);
    const converted =
      directory === undefined
        ? await convertFor(file, modelOptions(options), `${around.folder}/${copy ? "float16" : "converted"}`)
        : openDirectory(directory, file, modelOptions(options));
    const forms: ModelEngine[] = [];
    let opened: Opened | undefined;
    try {
      forms.push(await onnxForm(engine, converted, around.folder));
      opened = await openSource(engine, options, around);
      if (!isSource(opened) && options.recorded === undefined) {
        fail("VERIFY_NO_SOURCE", { file, reason: opened.whyNot });
      }
      forms.push(...(await openSavedModel(converted, options, around)));
      return new Verification(options, { opened, converted, forms }, copy);
    } catch (error) {
      await closeAll(forms, opened, converted);
      throw error;
    }
  }

  get reference(): string {
    const { recorded } = this.options;
    return recorded?.file ?? (isSource(this.opened) ? this.opened.title : "");
  }

  /** What the inputs of a half-precision copy are, for a TorchScript file, which loses its example when it is written anew. */
  halfInputs(): Record<string, InputSpec> {
    return Object.fromEntries(
      inputTypes(sourceInputs(this.converted)).map(({ name, dtype, shape = [] }) => {
        const sizes = shape.map((dim) => (typeof dim === "number" ? dim : dim.key));
        return [name, { dtype: dtype === "float32" ? "float16" : dtype, shape: sizes }];
      }),
    );
  }

  /** Every row, and where the numbers part if they do. */
  async run(): Promise<{ readonly rows: Row[]; readonly parting: Parting | undefined }> {
    const rows: Row[] = [];
    let suspect: Suspect | undefined;
    for (const of of this.cases()) {
      const outputs = of.outputs ?? (await this.sourceOutputs(of, rows));
      if (!outputs) continue;
      const wanted = { outputs, tolerances: await this.tolerances(of, outputs) };
      for (const runner of this.runners(of)) {
        const made = await this.compareRun(runner, of, wanted);
        rows.push(...made);
        const output = made.findIndex(({ verdict }) => verdict === "differs");
        if (runner.form && output !== -1) suspect ??= { form: runner.form, of, output };
      }
    }
    return { rows, parting: suspect && (await this.locate(suspect)) };
  }

  async close(): Promise<void> {
    await closeAll(this.forms, this.opened, this.converted);
  }

  private cases(): VerifyCase[] {
    const { recorded, file, batchSizes, sizes, seed } = this.options;
    const inputs = inputTypes(sourceInputs(this.converted));
    if (recorded) {
      const outputs = sourceOutputs(this.converted).map(({ name }) => name);
      return recordedCases(recorded, inputs, outputs, !isSource(this.opened));
    }
    const examples = isSource(this.opened) ? this.opened.examples : [];
    return generatedCases(inputs, { file, batchSizes, sizes, seed, examples });
  }

  /** What the source says; undefined, with a row that tells why, where it does not take the inputs. */
  private async sourceOutputs(of: VerifyCase, rows: Row[]): Promise<Tensor[] | undefined> {
    const { opened } = this;
    if (!isSource(opened)) return undefined;
    this.options.progress(`running ${opened.title} on batch ${of.name}`);
    try {
      return (await opened.run(of.inputs)).map(asTensor);
    } catch (error) {
      rows.push(this.emptyRow(opened.title, of, "not run", reasonOf(error)));
      return undefined;
    }
  }

  private async tolerances(of: VerifyCase, outputs: readonly Tensor[]): Promise<(number | undefined)[]> {
    const { tolerance } = this.options;
    if (!this.copy || tolerance !== undefined) return outputs.map(() => tolerance);
    try {
      return await halfTolerances(this.copy.of, of.inputs, outputs);
    } catch (error) {
      reasonOf(error); // the original refuses inputs that its copy takes: the usual tolerance is left
      return outputs.map(() => undefined);
    }
  }

  private runners(of: VerifyCase): Runner[] {
    const forms = this.forms.map((form) => ({ name: form.form, run: form.run, form }));
    const { opened } = this;
    if (!of.outputs || !isSource(opened)) return forms;
    return [{ name: opened.title, run: (inputs) => opened.run(inputs), form: undefined }, ...forms];
  }

  private async compareRun(runner: Runner, of: VerifyCase, wanted: Wanted): Promise<Row[]> {
    this.options.progress(`running ${runner.name} on batch ${of.name}`);
    try {
      const found = await runner.run(of.inputs);
      const { length } = wanted.outputs;
      if (found.length !== length) {
        const reason = `${found.length} outputs instead of ${length}`;
        return [this.emptyRow(runner.name, of, "fails", reason)];
      }
      return wanted.outputs.map((_, index) => this.row(runner, of, index, found[index], wanted));
    } catch (error) {
      const verdict = runner.form ? "fails" : "not run";
      return [this.emptyRow(runner.name, of, verdict, reasonOf(error))];
    }
  }

  private row(
    { name: engine }: Runner,
    of: VerifyCase,
    index: number,
    found: TensorValue | undefined,
    { outputs, tolerances }: Wanted,
  ): Row {
    const wanted = outputs[index];
    if (!found || !wanted) return this.emptyRow(engine, of, "fails", "the output is missing");
    const tolerance = tolerances[index];
    const { isEqual, ...compared } = compareTensors(found, wanted, tolerance);
    const own = toleranceOf(wanted.dtype);
    return {
      engine,
      batch: of.name,
      precision: this.copy && "float16",
      output: this.converted.graph.outputs[index]?.name ?? "",
      dtype: wanted.dtype,
      shape: wanted.shape,
      largestError: compared.largestError,
      relativeError: compared.relativeError,
      tolerance: own === 0 ? 0 : (tolerance ?? own),
      verdict: isEqual ? "equal" : "differs",
      reason: compared.reason,
      weakness: compared.weakness,
    };
  }

  private emptyRow(engine: string, of: VerifyCase, verdict: "fails" | "not run", reason: string): Row {
    return rowWithoutOutput({ engine, batch: of.name, precision: this.copy && "float16" }, verdict, reason);
  }

  private async locate({ form, of, output }: Suspect): Promise<Parting | undefined> {
    const { progress, reproduction, tolerance } = this.options;
    progress("looking for the operator that differs");
    const setting: Setting = {
      converted: this.converted,
      inputs: of.inputs,
      output,
      batch: of.name,
      tolerance,
      reproduction,
    };
    const [onnx] = this.forms;
    const source = isSource(this.opened) ? this.opened : undefined;
    if (form !== onnx && onnx) return locateInSavedModel(source, onnx, form, setting);
    return source && onnx ? locateInConversion(source, onnx, setting) : undefined;
  }
}

function modelOptions({ model, inputs, custom, customName }: VerifyOptions): ModelOptions {
  return {
    ...(model === undefined ? {} : { model }),
    ...(inputs === undefined ? {} : { inputs }),
    ...(custom === undefined ? {} : { custom }),
    ...(customName === undefined ? {} : { customName }),
  };
}

async function openSavedModel(
  converted: Converted,
  options: VerifyOptions,
  { found, folder }: Surroundings,
): Promise<ModelEngine[]> {
  const { env, note, progress } = options;
  if (found.tensorflow === undefined) {
    note(`the SavedModel is not run: ${found.whyNot("tensorflow")}`);
    return [];
  }
  progress("loading the SavedModel in TensorFlow");
  const worker = new PythonWorker(found.tensorflow, "tensorflow", folder, env);
  try {
    const form = await savedModelForm(worker, converted, folder);
    note(`TensorFlow in ${found.tensorflow} runs the SavedModel`);
    return [form];
  } catch (error) {
    worker.close();
    if (!(error instanceof PythonFailure)) throw error;
    const failed = async () => {
      throw new PythonFailure(`TensorFlow cannot load it: ${error.message}`);
    };
    return [{ form: "SavedModel", run: failed, compute: failed, close: async () => undefined }];
  }
}

async function closeAll(
  forms: readonly ModelEngine[],
  opened: Opened | undefined,
  converted: Converted,
): Promise<void> {
  await Promise.all(forms.map((form) => form.close()));
  if (opened && isSource(opened)) await opened.close();
  converted.close();
}

/** What a run that failed says; errors of our own making go on. */
function reasonOf(error: unknown): string {
  if (error instanceof PythonFailure) return error.headline;
  if (error instanceof FerryError) return error.message;
  throw error;
}
