// Finds and reads saved_model.pb in a directory that the user named.
import * as fs from "node:fs";
import * as path from "node:path";
import { fail } from "../core/errors.ts";
import { openFile } from "../files/open-file.ts";
import { readSavedModel, type SavedModelSummary } from "../model/read-saved-model.ts";

/** A graph without its weights; TensorFlow itself cannot write one of 2 GiB. */
const MAX_SAVED_MODEL_BYTES = 2 ** 31 - 1;

/** Throws SAVED_MODEL_MISSING, with a hint if the directory holds versions instead, or SAVED_MODEL_BROKEN. */
export function readSavedModelIn(directory: string): SavedModelSummary {
  const file = path.join(directory, "saved_model.pb");
  if (!fs.existsSync(file)) fail("SAVED_MODEL_MISSING", { directory, hint: hintFor(directory) });
  const source = openFile(file);
  try {
    if (source.size > MAX_SAVED_MODEL_BYTES) {
      fail("SAVED_MODEL_BROKEN", { file, reason: `${source.size} bytes are more than the format can hold` });
    }
    return readSavedModel(source.read(0, source.size), file);
  } finally {
    source.close();
  }
}

/** The numbers that name version directories below `base`, ascending; empty if it cannot be read. */
export function versionsIn(base: string): number[] {
  if (!fs.statSync(base, { throwIfNoEntry: false })?.isDirectory()) return [];
  const names = fs.readdirSync(base).filter((name) => /^\d+$/.test(name));
  return names.map(Number).sort((a, b) => a - b);
}

function hintFor(directory: string): string {
  const newest = versionsIn(directory).at(-1);
  return newest === undefined ? "" : `; it holds versions, name one: ${path.join(directory, String(newest))}`;
}
