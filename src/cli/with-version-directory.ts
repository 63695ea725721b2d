// Gives a command the version directory to work on: the one the user named, or a temporary one made of a model file.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fail } from "../core/errors.ts";
import type { Io } from "./io.ts";
import { loadConfig } from "./load-config.ts";
import type { InputSpecs } from "./model-inputs/input-flag.ts";

/** Exactly one of the two is set, or the command line is wrong. */
export interface Named {
  readonly dir: string | undefined;
  readonly model: string | undefined;
  /** What the inputs of a TorchScript model are. */
  readonly inputs?: InputSpecs | undefined;
}

/**
 * Calls `use` with the directory and whether it was converted for this call. A converted one is removed afterwards.
 * Throws USAGE if neither or both are named.
 */
export async function withVersionDirectory<T>(
  named: Named,
  io: Io,
  use: (directory: string, isConverted: boolean) => Promise<T>,
): Promise<T> {
  if ((named.dir === undefined) === (named.model === undefined)) {
    fail("USAGE", { message: "give a model file or --dir DIRECTORY, one of the two" });
  }
  const place = named.dir ?? named.model ?? "";
  const stat = fs.statSync(place, { throwIfNoEntry: false });
  // A missing --dir is the command's to report; a missing model file is the converter's.
  const isDirectory = named.dir !== undefined ? !stat?.isFile() : stat?.isDirectory();
  if (isDirectory) return use(place, false);
  const base = fs.mkdtempSync(path.join(io.env["TMPDIR"] ?? os.tmpdir(), "torchferry-"));
  try {
    const { convertFile } = await import("../convert-file.ts"); // most calls name a directory
    await convertFile(place, {
      output: base,
      version: 1,
      compact: true,
      ...(await loadConfig(undefined)),
      ...(named.inputs ? { inputs: named.inputs } : {}),
    });
    return await use(path.join(base, "1"), true);
  } finally {
    fs.rmSync(base, { recursive: true, force: true });
  }
}
