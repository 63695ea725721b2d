// The results of `run`: printed as saved_model_cli 2.21 prints them, and saved as .npy where wanted.
import * as fs from "node:fs";
import * as path from "node:path";
import { fail } from "../../core/errors.ts";
import type { TensorValue } from "../../engine/engine.ts";
import { byCodePoint } from "../../model/read-saved-model.ts";
import { writeNpy } from "../../tensor/npy.ts";
import { type Tensor, tensorFromBytes, tensorFromStrings } from "../../tensor/tensor.ts";
import { makeDirectory } from "../../write/version-directory.ts";
import type { Io } from "../io.ts";
import { arrayText } from "../numpy/array-text.ts";

export interface SaveOptions {
  /** Made if it is not there. */
  readonly outdir: string | undefined;
  readonly overwrite: boolean;
}

/** Prints and saves the outputs by name. Throws OUTPUT_EXISTS after printing the output whose file is there. */
export function printOutputs(outputs: ReadonlyMap<string, TensorValue>, save: SaveOptions, io: Io): void {
  const sorted = [...outputs].sort(([a], [b]) => byCodePoint(a, b));
  for (const [key, value] of sorted) {
    io.out(`Result for output key ${key}:\n${arrayText(value)}\n`);
    if (save.outdir === undefined) continue;
    const file = saveOutput(key, value, save.outdir, save.overwrite);
    io.out(`Output ${key} is saved to ${file}\n`);
  }
}

function saveOutput(key: string, value: TensorValue, outdir: string, overwrite: boolean): string {
  // Python's os.path.join keeps a leading `./`, which path.join drops.
  const file = outdir.endsWith("/") ? `${outdir}${key}.npy` : `${outdir}/${key}.npy`;
  if (key.split("/").includes("..")) {
    fail("OUTPUT_DENIED", { path: file, reason: "the output's name leads out of the directory" });
  }
  try {
    makeDirectory(path.dirname(file));
    fs.writeFileSync(file, writeNpy(asTensor(value)), { flag: overwrite ? "w" : "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // node:fs throws nothing else
    if (code === "EEXIST") fail("OUTPUT_EXISTS", { file }, error);
    fail("OUTPUT_DENIED", { path: file, reason: code ?? String(error) }, error);
  }
  return file;
}

function asTensor(value: TensorValue): Tensor {
  return value.strings
    ? tensorFromStrings(value.shape, value.strings)
    : tensorFromBytes(value.dtype, value.shape, value.data);
}
