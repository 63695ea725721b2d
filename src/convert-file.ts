// Converts a model file by its path: opens it and the weight files beside it, and closes them whatever happens.
import { type ConvertedModel, type ConvertOptions, convertModel } from "./convert.ts";
import { evaluateWithEngine } from "./evaluate.ts";
import { openFile, siblingOpener } from "./files/open-file.ts";
import { withGraphs } from "./run-graphs.ts";

/** Options of convertModel but those that this function fills in. */
export type ConvertFileOptions = Omit<ConvertOptions, "openSibling" | "evaluate" | "withGraphs" | "onGraph">;

/** Throws what openFile and convertModel throw: a FerryError. */
export async function convertFile(file: string, options: ConvertFileOptions): Promise<ConvertedModel> {
  const source = openFile(file);
  const siblings = siblingOpener(file);
  try {
    return await convertModel(source, {
      ...options,
      openSibling: siblings.open,
      evaluate: evaluateWithEngine,
      withGraphs,
    });
  } finally {
    siblings.close();
    source.close();
  }
}
