// `torchferry run`: feeds a signature with arrays and prints the outputs, in the words of saved_model_cli 2.21.
import { Command } from "commander";
import type { LoadedModel, TensorValue } from "../../engine/engine.ts";
import type { Signature } from "../../model/signature.ts";
import { addEngineFlags, type EngineFlags, engineOf } from "../engine-flags.ts";
import type { Io } from "../io.ts";
import { collectInput, INPUT_FLAG, INPUT_FLAG_TEXT, type InputSpecs } from "../model-inputs/input-flag.ts";
import { MODEL_FLAG, MODEL_FLAG_TEXT } from "../named-model.ts";
import { readSavedModelIn } from "../saved-model-directory.ts";
import { chooseGraph, chooseSignature } from "../show/choose.ts";
import { withVersionDirectory } from "../with-version-directory.ts";

interface RunFlags extends EngineFlags {
  dir?: string;
  tag_set: string;
  signature_def: string;
  inputs?: string;
  input_exprs?: string;
  input_examples?: string;
  outdir?: string;
  overwrite?: boolean;
  model?: string;
  input?: InputSpecs;
  json?: boolean;
}

const EXAMPLES = `Examples:
  $ torchferry run model.pt2 --inputs 'image=image.npy'
  $ torchferry run --dir models/resnet/1 --tag_set serve --signature_def serving_default \\
      --inputs 'image=images.npz[test]' --outdir results
  $ torchferry run --dir models/sum/1 --input_exprs 'x=[[1.0, 2.0]];y=3'
`;

export function runCommand(io: Io): Command {
  const command = new Command("run")
    .summary("run a signature on arrays and print the outputs")
    .description("Runs one signature and prints what saved_model_cli 2.21 prints.")
    .argument("[model]", "a model file (.pt2, .pt, .onnx), or a SavedModel directory, in place of --dir")
    .option("--dir <directory>", "directory of a SavedModel: BASE/VERSION")
    .option("--tag_set <tags>", "tags of the graph", "serve")
    .option("--signature_def <name>", "the signature to run", "serving_default")
    .option("--inputs <texts>", "'name=file.npy;other=file.npz[array]', cast to the signature's dtypes")
    .option("--input_exprs <texts>", "'name=[[1.0, 2.0]];other=3': Python literals")
    .option("--input_examples <texts>", "'name=[{\"feature\":[1.0]}]': serialized tf.Examples")
    .option("--outdir <directory>", "save each output as NAME.npy in this directory")
    .option("--overwrite", "overwrite files in --outdir")
    .option(MODEL_FLAG, MODEL_FLAG_TEXT)
    .option(INPUT_FLAG, INPUT_FLAG_TEXT, collectInput)
    .option("--json", "print the outputs as one JSON object");
  return addEngineFlags(command)
    .addHelpText("before", EXAMPLES)
    .action(async (file: string | undefined, flags: RunFlags) => {
      const named = { dir: flags.dir, file, model: flags.model, inputs: flags.input };
      await withVersionDirectory(named, io, (directory) => run(directory, flags, io));
    });
}

async function run(directory: string, flags: RunFlags, io: Io): Promise<void> {
  const { readFeeds } = await import("../run/feeds.ts"); // other commands need none of it
  const { outputsAsJson } = await import("../run/outputs-as-json.ts");
  const { printOutputs } = await import("../run/print-outputs.ts");
  const graph = chooseGraph(readSavedModelIn(directory), flags.tag_set);
  const signature = chooseSignature(graph, flags.signature_def);
  const texts = {
    inputs: flags.inputs ?? "",
    inputExprs: flags.input_exprs ?? "",
    inputExamples: flags.input_examples ?? "",
  };
  const feeds = readFeeds(texts, signature, (message) => io.err(`torchferry: ${message}\n`));
  const tell = (message: string): void => io.err(`torchferry: ${message}\n`);
  const model = await (await engineOf(flags, io, { tell })).load(directory, { tags: graph.tags });
  const outputs = await runOnce(model, signature, feeds);
  if (flags.json) io.out(`${outputsAsJson(outputs)}\n`);
  else printOutputs(outputs, { outdir: flags.outdir, overwrite: flags.overwrite ?? false }, io);
}

async function runOnce(
  model: LoadedModel,
  signature: Signature,
  feeds: ReadonlyMap<string, TensorValue>,
): Promise<Map<string, TensorValue>> {
  try {
    return await model.run(signature.name, feeds);
  } finally {
    await model.close();
  }
}
