// `torchferry convert`: a model file to a version directory, checked against recorded numbers where wanted.
// Not here: the conversion (convert.ts), the comparison (verify/).
import { Command, InvalidArgumentError, Option } from "commander";
import type { BatchAxes, BatchMode } from "../../batch/batch-options.ts";
import type { ConvertFileOptions } from "../../convert-file.ts";
import { FerryError, fail } from "../../core/errors.ts";
import { ALL_IMAGES, type ImageLayout } from "../../passes/lay-out-inputs.ts";
import { conversionAsJson, printConversion, problemsAsJson } from "../convert/print-conversion.ts";
import { progressBar } from "../convert/progress-bar.ts";
import { spareOptimizer } from "../convert/spare-optimizer.ts";
import { defaultEngine } from "../default-engine.ts";
import type { Io } from "../io.ts";
import { loadConfig } from "../load-config.ts";
import { collectInput, INPUT_FLAG, INPUT_FLAG_TEXT, type InputSpecs } from "../model-inputs/input-flag.ts";
import { MODEL_FLAG, MODEL_FLAG_TEXT } from "../named-model.ts";
import { parseBytes } from "../parse-bytes.ts";
import { seconds } from "../seconds.ts";
import { printVerdicts } from "../verify/print-verdicts.ts";
import { type Verdict, verifyWith } from "../verify/verify-with.ts";

interface ConvertFlags {
  output?: string;
  version?: number;
  signature?: string[];
  inputNames?: string[];
  outputNames?: string[];
  batch: BatchMode;
  batchAxis?: BatchAxes;
  verifyWith?: string;
  inputsLayout?: Readonly<Record<string, ImageLayout>>;
  weights: "variables" | "constants";
  shardSize?: number;
  compact?: boolean;
  dryRun?: boolean;
  model?: string;
  input?: InputSpecs;
  custom?: string;
  json?: boolean;
}

const CUSTOM_TEXT =
  "config of your own operators, which is run; by default torchferry.config.ts (.mts, .js, .mjs) of this directory";

const EXAMPLES = `Examples:
  $ torchferry convert model.pt2 --output models/resnet
  $ torchferry convert model.onnx --output models/resnet --signature predict_images
  $ torchferry convert model.pt2 --output models/resnet --verify-with recorded.npz
  $ torchferry convert scripted.pt --output models/resnet --input image=float32[batch,3,224,224]
  $ torchferry convert model.pt2 --dry-run
`;

const BATCH_TEXT =
  "a batch that the file fixes: auto frees it where equal results at two other sizes prove it, dynamic fails where " +
  "they do not, keep takes the file as it is";

const LAYOUT_TEXT =
  "nhwc: images and volumes come in with their channels last, in both engines; of one input, image=nhwc (mask=nchw: as " +
  "in PyTorch), may be repeated; outputs stay as in PyTorch";

const WEIGHTS_TEXT =
  "variables: in variables/, for both models; constants: inside saved_model.pb, which is then one frozen file, and inside " +
  "model.onnx, up to 2 GB";

const SHARD_TEXT =
  "largest data file in variables/, such as 500MB or 1GiB; by default 2GB; only a weight larger than that passes it";

export function convertCommand(io: Io): Command {
  return new Command("convert")
    .summary("convert a model file to a TensorFlow SavedModel with ONNX beside it")
    .description(
      "Writes BASE/VERSION/ with saved_model.pb, variables/ and model.onnx: what TensorFlow Serving and torchferry serve.\n" +
        "The directory appears at once and whole, or not at all.",
    )
    .argument("<model>", "a model file: .pt2 of torch.export.save, .pt of torch.jit.save, or .onnx")
    .option("--output <base>", "directory that holds the versions; made if it is not there")
    .option("--version <n>", "the version's number; by default the next free one", parseVersion)
    .option("--signature <name>", "a further name of the signature; may be repeated", collect)
    .option("--input-names <names>", "new names of the inputs, in order: a,b", parseNames)
    .option("--output-names <names>", "new names of the outputs, in order: c,d", parseNames)
    .addOption(new Option("--batch <mode>", BATCH_TEXT).choices(["auto", "dynamic", "keep"]).default("auto"))
    .option(
      "--batch-axis <[input=]axis>",
      "which dimension is the batch: of one input, image=1 (mask=none: it has none), or of all, 1; may be repeated",
      collectAxis,
    )
    .option("--inputs-layout <[input=]layout>", LAYOUT_TEXT, collectLayout)
    .option("--verify-with <file.npz>", "run the result on recorded inputs; end with 5 if the outputs differ")
    .addOption(
      new Option("--weights <place>", WEIGHTS_TEXT).choices(["variables", "constants"]).default("variables"),
    )
    .option("--shard-size <size>", SHARD_TEXT, parseBytes)
    .option("--compact", "store every weight once: half the size for convolutions, slower to load")
    .option("--dry-run", "write nothing; say whether the model can be converted and what stands in the way")
    .option(MODEL_FLAG, MODEL_FLAG_TEXT)
    .option(INPUT_FLAG, INPUT_FLAG_TEXT, collectInput)
    .option("--custom <file>", CUSTOM_TEXT)
    .option("--json", "print the result as one JSON object")
    .addHelpText("before", EXAMPLES)
    .action(async (file: string, flags: ConvertFlags) => convert(file, flags, io));
}

/** A proof that loads less than this is over before anyone wonders; it reads the weights three times. */
const LONG_PROOF_BYTES = 500e6;

function announceProof(file: string, byteLength: number, io: Io): void {
  if (byteLength < LONG_PROOF_BYTES) return;
  const size = `${(byteLength / 1e9).toFixed(1)} GB`;
  io.err(
    `${file}: its batch is fixed; ${size} are run at other sizes to prove that it can be free (--batch keep: not)\n`,
  );
}

async function convert(file: string, flags: ConvertFlags, io: Io): Promise<void> {
  const started = performance.now();
  spareOptimizer();
  const verdicts: Verdict[] = [];
  const progress = progressBar(io);
  try {
    const { convertFile } = await import("../../convert-file.ts");
    const converted = await convertFile(file, {
      ...conversionOptions(flags),
      ...(await loadConfig(flags.custom)),
      ...checkOptions(file, flags, verdicts),
      onProgress: progress.show,
      onProof: (byteLength) => announceProof(file, byteLength, io),
    });
    progress.clear();
    if (flags.json) io.out(`${conversionAsJson(converted, verdicts)}\n`);
    else {
      printVerdicts(verdicts, io);
      printConversion(file, converted, seconds(started), io);
    }
  } catch (error) {
    progress.clear();
    if (!flags.json) printVerdicts(verdicts, io);
    else if (error instanceof FerryError) io.out(`${problemsAsJson(error, verdicts)}\n`);
    throw error;
  }
}

function conversionOptions(flags: ConvertFlags): ConvertFileOptions {
  if (flags.output === undefined && !flags.dryRun) {
    fail("USAGE", {
      message: "--output BASE is wanted: the directory that holds the versions (or --dry-run)",
    });
  }
  if (flags.weights === "constants" && (flags.compact || flags.shardSize !== undefined)) {
    fail("USAGE", {
      message: "--weights constants makes no variables/; leave --compact and --shard-size out",
    });
  }
  if (flags.dryRun && flags.verifyWith !== undefined) {
    fail("USAGE", { message: "--verify-with needs something to run; leave --dry-run out" });
  }
  return {
    signatures: flags.signature ?? [],
    batch: flags.batch,
    batchAxis: flags.batchAxis ?? {},
    compact: flags.compact ?? false,
    weights: flags.weights,
    ...(flags.shardSize === undefined ? {} : { shardBytes: flags.shardSize }),
    ...(flags.inputsLayout === undefined ? {} : { inputsLayout: flags.inputsLayout }),
    dryRun: flags.dryRun ?? false,
    ...(flags.output === undefined ? {} : { output: flags.output }),
    ...(flags.version === undefined ? {} : { version: flags.version }),
    ...(flags.inputNames === undefined ? {} : { inputNames: flags.inputNames }),
    ...(flags.outputNames === undefined ? {} : { outputNames: flags.outputNames }),
    ...(flags.model === undefined ? {} : { model: flags.model }),
    ...(flags.input === undefined ? {} : { inputs: flags.input }),
  };
}

/** The check of --verify-with, which runs before the version gets its place: what differs is never served. */
function checkOptions(
  file: string,
  flags: ConvertFlags,
  verdicts: Verdict[],
): Pick<ConvertFileOptions, "check"> {
  const { verifyWith: recorded } = flags;
  if (recorded === undefined) return {};
  return {
    check: async (directory, converted) => {
      const model = await (await defaultEngine()).load(directory);
      try {
        verdicts.push(...(await verifyWith(recorded, model, converted)));
      } finally {
        await model.close();
      }
      const count = verdicts.filter(({ isEqual }) => !isEqual).length;
      if (count > 0) fail("NUMBERS_DIFFER", { model: file, count, total: verdicts.length, file: recorded });
    },
  };
}

function parseVersion(text: string): number {
  const version = Number(text);
  if (!/^\d+$/.test(text) || version < 1 || !Number.isSafeInteger(version)) {
    throw new InvalidArgumentError("A number from 1 on is wanted.");
  }
  return version;
}

function parseNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw new InvalidArgumentError("Names with commas between are wanted: a,b.");
  return names;
}

function collect(name: string, before: readonly string[] = []): string[] {
  return [...before, name];
}

function collectAxis(text: string, before: BatchAxes = {}): BatchAxes {
  if (/^-?\d+$/.test(text)) return Number(text);
  const [, input, axis] = /^(.+)=(-?\d+|none)$/.exec(text) ?? [];
  if (input === undefined || axis === undefined)
    throw new InvalidArgumentError("AXIS or INPUT=AXIS is wanted, such as 1 or tokens=1 or mask=none.");
  const others = typeof before === "number" ? {} : before;
  return { ...others, [input]: axis === "none" ? axis : Number(axis) };
}

function collectLayout(
  text: string,
  before: Readonly<Record<string, ImageLayout>> = {},
): Readonly<Record<string, ImageLayout>> {
  const [, input = ALL_IMAGES, layout] = /^(?:(.+)=)?(nhwc|nchw)$/.exec(text) ?? [];
  if (layout !== "nhwc" && layout !== "nchw")
    throw new InvalidArgumentError("nhwc, or INPUT=nhwc or INPUT=nchw, is wanted, such as image=nhwc.");
  return { ...before, [input]: layout };
}
