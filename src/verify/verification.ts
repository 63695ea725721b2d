// One file against what it was converted to: opens both sides, runs every case, compares every output.
// Invariant: `close` ends every process and session that was opened, whatever failed.
// Not here: the float16 copy, which is a verification of its own (verify-model.ts).
import { FerryError, fail } from "../core/errors.ts";
import type { TensorValue } from "../engine/engine.ts";
import type { OnnxRuntimeEngine } from "../engine/onnxruntime/engine.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { generatedCases, inputTypes, recordedCases, type VerifyCase } from "./cases.ts";
import { compareTensors, toleranceOf } from "./compare.ts";
import { type Converted, convertFor, openDirectory } from "./converted.ts";
import { type ModelEngine, onnxForm, savedModelForm } from "./engines.ts";
import { asTensor } from "./find-difference.ts";
import { locateInConversion, locateInSavedModel, type Setting } from "./locate.ts";
import { isSource, type Opened, openSource } from "./open-source.ts";
import type { Surroundings, VerifyOptions } from "./options.ts";
import { PythonFailure, PythonWorker } from "./python/worker.ts";
import { type Parting, type Row, rowWithoutOutput } from "./report.ts";

/** Something that runs the whole model: a form of the converted one, or the source against recorded numbers. */
interface Runner {
  readonly name: string;
  run(inputs: readonly TensorValue[]): Promise<TensorValue[]>;
  readonly form: ModelEngine | undefined;
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
  private readonly precision: Row["precision"];

  private constructor(
    options: VerifyOptions,
    sides: { opened: Opened; converted: Converted; forms: readonly ModelEngine[] },
    precision: Row["precision"],
  ) {
    this.options = options;
    this.opened = sides.opened;
    this.converted = sides.converted;
    this.forms = sides.forms;
    this.precision = precision;
  }

  /** Throws what converting and loading throw, and VERIFY_NO_SOURCE. */
  static async open(
    engine: OnnxRuntimeEngine,
    options: VerifyOptions,
    around: Surroundings,
    precision: Row["precision"],
  ): Promise<Verification> {
    const { file, directory, progress } = options;
    progress(`converting ${file}`);
    const converted =
      directory === undefined
        ? await convertFor(file, modelOptions(options), `${around.folder}/${precision ?? "converted"}`)
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
      return new Verification(options, { opened, converted, forms }, precision);
    } catch (error) {
      await closeAll(forms, opened, converted);
      throw error;
    }
  }

  get reference(): string {
    const { recorded } = this.options;
    return recorded?.file ?? (isSource(this.opened) ? this.opened.title : "");
  }

  /** Every row, and where the numbers part if they do. */
  async run(): Promise<{ readonly rows: Row[]; readonly parting: Parting | undefined }> {
    const rows: Row[] = [];
    let suspect: Suspect | undefined;
    for (const of of this.cases()) {
      const wanted = of.outputs ?? (await this.sourceOutputs(of, rows));
      if (!wanted) continue;
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
    const { graph } = this.converted;
    const { recorded, file, batchSizes, sizes, seed } = this.options;
    const inputs = inputTypes(graph.inputs);
    if (recorded) {
      const outputs = graph.outputs.map(({ name }) => name);
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

  private runners(of: VerifyCase): Runner[] {
    const forms = this.forms.map((form) => ({ name: form.form, run: form.run, form }));
    const { opened } = this;
    if (!of.outputs || !isSource(opened)) return forms;
    return [{ name: opened.title, run: (inputs) => opened.run(inputs), form: undefined }, ...forms];
  }

  private async compareRun(runner: Runner, of: VerifyCase, wanted: readonly Tensor[]): Promise<Row[]> {
    this.options.progress(`running ${runner.name} on batch ${of.name}`);
    try {
      const found = await runner.run(of.inputs);
      if (found.length !== wanted.length) {
        const reason = `${found.length} outputs instead of ${wanted.length}`;
        return [this.emptyRow(runner.name, of, "fails", reason)];
      }
      return wanted.map((tensor, index) => this.row(runner, of, index, found[index], tensor));
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
    wanted: Tensor,
  ): Row {
    if (!found) return this.emptyRow(engine, of, "fails", "the output is missing");
    const { tolerance } = this.options;
    const { isEqual, ...compared } = compareTensors(found, wanted, tolerance);
    const own = toleranceOf(wanted.dtype);
    return {
      engine,
      batch: of.name,
      precision: this.precision,
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
    return rowWithoutOutput({ engine, batch: of.name, precision: this.precision }, verdict, reason);
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
    if (form !== onnx && onnx) return locateInSavedModel(onnx, form, setting);
    return isSource(this.opened) && onnx ? locateInConversion(this.opened, onnx, setting) : undefined;
  }
}

function modelOptions({ model, inputs }: VerifyOptions) {
  return { ...(model === undefined ? {} : { model }), ...(inputs === undefined ? {} : { inputs }) };
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
  if (error instanceof PythonFailure || error instanceof FerryError) return error.message;
  throw error;
}
