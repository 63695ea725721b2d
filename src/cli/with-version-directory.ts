// Gives a command the version directory to work on: the one the user named, or a temporary one made of a model file.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Io } from "./io.ts";
import { type Named, placeOf, readingOptions } from "./named-model.ts";

/** Calls `use` with the directory; a converted one is removed afterwards. Throws USAGE if neither or both are named. */
export async function withVersionDirectory<T>(
  named: Named,
  io: Io,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const place = placeOf(named);
  if (place.isDirectory) return use(place.path);
  const base = fs.mkdtempSync(path.join(io.env["TMPDIR"] ?? os.tmpdir(), "torchferry-"));
  try {
    const { convertFile } = await import("../convert-file.ts"); // most calls name a directory
    const options = await readingOptions(named);
    await convertFile(place.path, { output: base, version: 1, compact: true, ...options });
    return await use(path.join(base, "1"));
  } finally {
    fs.rmSync(base, { recursive: true, force: true });
  }
}
