// `torchferry verify`: a model's source beside what it is converted to, on the same inputs.
// Not here: the running and comparing (verify/), the table (cli/verify/print-report.ts).
import * as path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { fail } from "../../core/errors.ts";
import { openFile } from "../../files/open-file.ts";
import type { VerifyOptions } from "../../verify/options.ts";
import type { Report } from "../../verify/report.ts";
import type { Io } from "../io.ts";
import { loadConfig } from "../load-config.ts";
import { collectInput, INPUT_FLAG, INPUT_FLAG_TEXT, type InputSpecs } from "../model-inputs/input-flag.ts";
import { parseNamedSizes } from "../model-inputs/named-sizes.ts";
import { isSingle, readArrays } from "../run/read-array.ts";
import { printReport, reportAsJson } from "../verify/print-report.ts";
import { statusLine } from "../verify/status-line.ts";

interface VerifyFlags {
  dir?: string;
  with?: string;
  batchSizes: number[];
  sizes?: Record<string, number>;
  float16?: boolean;
  tolerance?: number;
  seed: number;
  python?: string[];
  reproduction?: string;
  custom?: string;
  model?: string;
  input?: InputSpecs;
  json?: boolean;
}

const EXAMPLES = `Examples:
  $ torchferry verify model.pt2
  $ torchferry verify model.pt2 --dir models/resnet/1 --batch-sizes 1,8 --float16
  $ torchferry verify model.pt --with recorded.npz --python ~/venv/bin/python
`;

const DESCRIPTION = `Runs the source (a .pt2 or .pt file in PyTorch, an .onnx file in onnxruntime), then what it is converted to
(model.onnx in onnxruntime, the SavedModel in TensorFlow), on the same inputs, and prints every output's largest error.
Where they differ it looks for the operator, names it with its line of code, and writes it as a model of its own.
Running a .pt2 or .pt file in PyTorch executes what is in it: verify files of people you trust.`;

export function verifyCommand(io: Io): Command {
  return new Command("verify")
    .summary("compare a model's source with what it is converted to, and find where they differ")
    .description(DESCRIPTION)
    .argument("<model>", "a model file: .pt2, .pt of torch.jit.save, or .onnx")
    .option(
      "--dir <directory>",
      "the version directory it was converted to; by default it is converted for this",
    )
    .option(
      "--with <file.npz>",
      "recorded inputs, and outputs to compare with: in0, out0 or names; b2.in0 for groups",
    )
    .option(
      "--batch-sizes <sizes>",
      "batch sizes of made-up inputs, where the batch is free",
      parseSizes,
      [1, 2, 5],
    )
    .option(
      "--sizes <name=size>",
      "other free sizes of made-up inputs: height=224,width=224",
      parseNamedSizes,
    )
    .option("--float16", "also compare a half-precision copy that PyTorch makes, within 2e-3")
    .option(
      "--tolerance <error>",
      "the largest relative error that counts as equal, for all floats",
      parseTolerance,
    )
    .option("--seed <n>", "seed of made-up inputs", parseSeed, 0)
    .option("--python <path>", "a Python with torch or tensorflow; may be repeated", collect)
    .option("--reproduction <base>", "where to write the operator that differs: BASE.onnx and BASE.npz")
    .option("--custom <file>", "rules for operators of your own, as for convert")
    .option("--model <name>", "which model of a .pt2 that holds several")
    .option(INPUT_FLAG, INPUT_FLAG_TEXT, collectInput)
    .option("--json", "print the result as one JSON object")
    .addHelpText("before", EXAMPLES)
    .action(async (file: string, flags: VerifyFlags) => verify(file, flags, io));
}

async function verify(file: string, flags: VerifyFlags, io: Io): Promise<void> {
  const status = statusLine(io);
  const recorded = flags.with === undefined ? undefined : openFile(flags.with);
  try {
    const { verifyModel } = await import("../../verify/verify-model.ts"); // other commands need none of it
    const report = await verifyModel({
      ...optionsOf(file, flags, io),
      ...(await loadConfig(flags.custom)),
      ...(recorded ? { recorded: { file: recorded.name, arrays: arraysIn(recorded) } } : {}),
      note: (text) => status.note(text),
      progress: (text) => status.show(text),
    });
    status.clear();
    if (flags.json) io.out(`${reportAsJson(report)}\n`);
    else printReport(report, io);
    demandEqual(file, report);
  } finally {
    status.clear();
    recorded?.close();
  }
}

type Told = Omit<VerifyOptions, "recorded" | "note" | "progress">;

function optionsOf(file: string, flags: VerifyFlags, io: Io): Told {
  const stem = path.basename(file, path.extname(file));
  return {
    file,
    batchSizes: flags.batchSizes,
    sizes: flags.sizes ?? {},
    seed: flags.seed,
    float16: flags.float16 ?? false,
    pythons: flags.python ?? [],
    env: io.env,
    reproduction: flags.reproduction ?? `${stem}.differs`,
    ...(flags.dir === undefined ? {} : { directory: flags.dir }),
    ...(flags.tolerance === undefined ? {} : { tolerance: flags.tolerance }),
    ...(flags.model === undefined ? {} : { model: flags.model }),
    ...(flags.input === undefined ? {} : { inputs: flags.input }),
  };
}

function arraysIn(source: ReturnType<typeof openFile>) {
  const arrays = readArrays(source);
  return isSingle(arrays) ? fail("VERIFY_NOT_NPZ", { file: source.name }) : arrays;
}

function demandEqual(file: string, { rows, reference }: Report): void {
  const compared = rows.filter(({ verdict }) => verdict !== "not run");
  const count = compared.filter(({ verdict }) => verdict !== "equal").length;
  if (count > 0) fail("VERIFY_DIFFERS", { file, count, total: compared.length, reference });
}

function parseSizes(text: string): number[] {
  const sizes = text.split(",").map((size) => Number(size.trim()));
  if (!sizes.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw new InvalidArgumentError("Numbers from 1 on with commas between are wanted: 1,2,5.");
  }
  return sizes;
}

function parseTolerance(text: string): number {
  const tolerance = Number(text);
  if (!(tolerance >= 0)) throw new InvalidArgumentError("A number such as 1e-3 is wanted.");
  return tolerance;
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new InvalidArgumentError("A number from 0 on is wanted.");
  return seed;
}

function collect(name: string, before: readonly string[] = []): string[] {
  return [...before, name];
}
