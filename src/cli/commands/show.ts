// `torchferry show`: what is in a SavedModel or a model file, in the words of saved_model_cli 2.21.
import { Command } from "commander";
import type { SavedModelSummary } from "../../model/read-saved-model.ts";
import type { Io } from "../io.ts";
import { collectInput, INPUT_FLAG, INPUT_FLAG_TEXT, type InputSpecs } from "../model-inputs/input-flag.ts";
import { MODEL_FLAG, MODEL_FLAG_TEXT } from "../named-model.ts";
import { chooseGraph, chooseSignature } from "../show/choose.ts";
import { readSummary } from "../show/read-summary.ts";
import {
  allLines,
  operatorLines,
  signatureKeyLines,
  signatureLines,
  tagSetLines,
} from "../show/saved-model-text.ts";
import { stateLines } from "../show/state-lines.ts";

interface ShowFlags {
  dir?: string;
  all?: boolean;
  tag_set?: string;
  signature_def?: string;
  list_ops?: boolean;
  model?: string;
  input?: InputSpecs;
  json?: boolean;
}

const EXAMPLES = `Examples:
  $ torchferry show model.pt2
  $ torchferry show --dir models/resnet/1 --all
  $ torchferry show --dir models/resnet/1 --tag_set serve
  $ torchferry show --dir models/resnet/1 --tag_set serve --signature_def serving_default
`;

export function showCommand(io: Io): Command {
  return new Command("show")
    .summary("print the signatures and operators of a SavedModel or a model file")
    .description(
      "Prints what saved_model_cli 2.21 prints. Without other flags: the tag sets of a directory, everything of a file.",
    )
    .argument("[model]", "a model file (.pt2, .pt, .onnx), or a SavedModel directory, in place of --dir")
    .option("--dir <directory>", "directory of a SavedModel: BASE/VERSION")
    .option("--all", "print everything")
    .option("--tag_set <tags>", "comma-separated tags of the graph to look at, such as serve")
    .option("--signature_def <name>", "print the inputs and outputs of one signature")
    .option("--list_ops", "print the operators of the graph that --tag_set names")
    .option(MODEL_FLAG, MODEL_FLAG_TEXT)
    .option(INPUT_FLAG, INPUT_FLAG_TEXT, collectInput)
    .option("--json", "print everything as one JSON object")
    .addHelpText("before", EXAMPLES)
    .action(async (file: string | undefined, flags: ShowFlags) => {
      const { model, isOfFile } = await readSummary({ ...flags, dir: flags.dir, file, inputs: flags.input });
      const all = flags.all || (isOfFile && flags.tag_set === undefined);
      const text = flags.json ? [JSON.stringify(model, null, 2)] : lines(model, { ...flags, all });
      const directory = flags.dir ?? file;
      const state = all && !flags.json && directory !== undefined ? stateLines(directory) : [];
      io.out(`${[...text, ...state].join("\n")}\n`);
    });
}

function lines(model: SavedModelSummary, flags: ShowFlags): string[] {
  if (flags.all) return allLines(model);
  if (flags.tag_set === undefined) {
    const hint = flags.list_ops ? ["--list_ops must be paired with a tag-set or with --all."] : [];
    return [...hint, ...tagSetLines(model)];
  }
  const graph = chooseGraph(model, flags.tag_set);
  const ops = flags.list_ops ? operatorLines(graph) : [];
  if (flags.signature_def === undefined) return [...ops, ...signatureKeyLines(graph)];
  return [...ops, ...signatureLines(chooseSignature(graph, flags.signature_def))];
}
