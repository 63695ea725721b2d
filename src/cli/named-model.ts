// What a user names in `show` and `run`: a version directory, or a model file with what reading it needs.
import * as fs from "node:fs";
import type { ConvertFileOptions } from "../convert-file.ts";
import { fail } from "../core/errors.ts";
import { loadConfig } from "./load-config.ts";
import type { InputSpecs } from "./model-inputs/input-flag.ts";

/** Exactly one of `dir` and `file` is set, or the command line is wrong. */
export interface Named {
  readonly dir: string | undefined;
  readonly file: string | undefined;
  /** Which model of an archive that holds several. */
  readonly model?: string | undefined;
  /** What the inputs of a TorchScript model are. */
  readonly inputs?: InputSpecs | undefined;
}

export interface Place {
  readonly path: string;
  /** Whether it is to be read as a SavedModel; a model file otherwise. */
  readonly isDirectory: boolean;
}

/** What `--model` says in every command that takes a model file. */
export const MODEL_FLAG = "--model <name>";
export const MODEL_FLAG_TEXT = "which model of a .pt2 that holds several";

/** Where the model is. Throws USAGE if neither or both are named. */
export function placeOf({ dir, file }: Named): Place {
  if ((dir === undefined) === (file === undefined)) {
    fail("USAGE", { message: "give a model file or --dir DIRECTORY, one of the two" });
  }
  const path = dir ?? file ?? "";
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  // A missing --dir is the command's to report; a missing model file is the converter's.
  return { path, isDirectory: dir !== undefined ? !stat?.isFile() : stat?.isDirectory() === true };
}

/** How the named file is to be read, with the user's own operators. */
export async function readingOptions({ model, inputs }: Named): Promise<ConvertFileOptions> {
  const config = await loadConfig(undefined);
  return { ...config, ...(model === undefined ? {} : { model }), ...(inputs ? { inputs } : {}) };
}
