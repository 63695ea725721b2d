// Runs a model's source and what it was converted to on the same inputs and compares every output; where they part, has
// the operator looked for. With float16, all of it again on a copy in half precision that PyTorch itself makes.
// Not here: one such run (verification.ts), what equal means (compare.ts), what is printed (cli/verify/).
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { FerryError, fail, Problem } from "../core/errors.ts";
import { type OnnxRuntimeEngine, onnxRuntimeEngine } from "../engine/onnxruntime/engine.ts";
import { openFile } from "../files/open-file.ts";
import { findPythons } from "../python/find-python.ts";
import { PythonFailure } from "../python/worker.ts";
import { refuseKind } from "../read/refuse-kind.ts";
import { sniff } from "../read/sniff.ts";
import { canHalve, isSource } from "./open-source.ts";
import type { SourceKind, Surroundings, VerifyOptions } from "./options.ts";
import type { PyTorchSource } from "./pytorch-source.ts";
import { type Report, type Row, rowWithoutOutput } from "./report.ts";
import { Verification } from "./verification.ts";

/** Throws a FerryError where nothing can be compared: exit code 2, 3 or 4. Differences are in the report. */
export async function verifyModel(options: VerifyOptions): Promise<Report> {
  const temporary = options.env["TMPDIR"] ?? os.tmpdir();
  const folder = fs.mkdtempSync(path.join(temporary, "torchferry-verify-"));
  try {
    const found = await findPythons(options.pythons, options.env);
    const around = { kind: kindOf(options.file), found, folder };
    const report = await verifyBoth(onnxRuntimeEngine(), options, around);
    requireRows(options.file, report.rows);
    return report;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function kindOf(file: string): SourceKind {
  const source = openFile(file);
  try {
    const found = sniff(source);
    if (found instanceof Problem) throw new FerryError([found]);
    if (found.kind === "pt2" || found.kind === "torchscript" || found.kind === "onnx") return found.kind;
    throw new FerryError([refuseKind(source, found)]);
  } finally {
    source.close();
  }
}

/** The file as it is, then its float16 copy if one is wanted. */
async function verifyBoth(
  engine: OnnxRuntimeEngine,
  options: VerifyOptions,
  around: Surroundings,
): Promise<Report> {
  const plain = await Verification.open(engine, options, around);
  try {
    const { rows, parting } = await plain.run();
    const { reference } = plain;
    if (!options.float16) return { reference, rows, parting };
    const half = await verifyHalf(engine, options, around, plain);
    return { reference, rows: [...rows, ...half.rows], parting: parting ?? half.parting };
  } finally {
    await plain.close();
  }
}

/** PyTorch's own half-precision copy is a model file like any other: converted anew and compared with itself. */
async function verifyHalf(
  engine: OnnxRuntimeEngine,
  options: VerifyOptions,
  around: Surroundings,
  plain: Verification,
): Promise<Omit<Report, "reference">> {
  const opened = originalOf(options.file, plain);
  const file = await halved(opened, options, around);
  if (typeof file !== "string") return { rows: [file], parting: undefined };
  const { directory: _, recorded, ...others } = options;
  const copy: VerifyOptions = {
    ...others,
    file,
    ...(around.kind === "torchscript" ? { inputs: { ...options.inputs, ...plain.halfInputs() } } : {}),
    ...(recorded ? { recorded: { ...recorded, inputsOnly: true } } : {}),
  };
  const half = await Verification.open(engine, copy, around, { of: opened });
  try {
    return await half.run();
  } finally {
    await half.close();
  }
}

/** Throws VERIFY_FLOAT16 where no copy can be made. */
function originalOf(file: string, { opened }: Verification): PyTorchSource {
  if (!isSource(opened)) return fail("VERIFY_FLOAT16", { file, reason: opened.whyNot });
  return canHalve(opened)
    ? opened
    : fail("VERIFY_FLOAT16", { file, reason: "PyTorch makes it, of its own files" });
}

/** The copy's path, or a row that says why PyTorch makes none. */
async function halved(
  opened: PyTorchSource,
  { file, progress }: VerifyOptions,
  { folder }: Surroundings,
): Promise<string | Row> {
  progress("making a float16 copy in PyTorch");
  const target = path.join(folder, `half${path.extname(file)}`);
  try {
    await opened.halve(target);
    return target;
  } catch (error) {
    if (!(error instanceof PythonFailure)) throw error;
    const row = { engine: opened.title, batch: "", precision: "float16" } as const;
    return rowWithoutOutput(row, "not run", error.headline);
  }
}

function requireRows(file: string, rows: readonly Row[]): void {
  if (rows.some(({ verdict }) => verdict !== "not run")) return;
  fail("VERIFY_NOTHING_COMPARED", { file, reason: rows[0]?.reason ?? "it has no outputs" });
}
