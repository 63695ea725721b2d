// What `show` tells of: the SavedModel in a directory, or the one that a model file would become. Weights are not read.
import { readSavedModel, type SavedModelSummary } from "../../model/read-saved-model.ts";
import { type Named, placeOf, readingOptions } from "../named-model.ts";
import { readSavedModelIn } from "../saved-model-directory.ts";

export interface Summary {
  readonly model: SavedModelSummary;
  /** Whether it is of a model file, as the file states it: a batch that the file fixes stays fixed here. */
  readonly isOfFile: boolean;
}

/** Throws USAGE if neither or both are named, and what reading a directory or converting a file throws. */
export async function readSummary(named: Named): Promise<Summary> {
  const place = placeOf(named);
  if (place.isDirectory) return { model: readSavedModelIn(place.path), isOfFile: false };
  const { convertFile } = await import("../../convert-file.ts"); // most calls name a directory
  const options = await readingOptions(named);
  const { savedModel } = await convertFile(place.path, { ...options, batch: "keep", dryRun: true });
  return { model: readSavedModel(savedModel, place.path), isOfFile: true };
}
