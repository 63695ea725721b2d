// Which graph of a version directory is served, and with which signatures.
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { fail } from "../core/errors.ts";
import { type MetaGraphSummary, readSavedModel } from "../model/read-saved-model.ts";
import { withoutGraphs } from "../model/without-graphs.ts";

export const SAVED_MODEL_FILE = "saved_model.pb";

const SERVE_TAG = "serve";

/**
 * The tags and signatures of the graph with exactly these tags; without them, of the graph that is tagged for serving,
 * or else of the first. Throws FILE_NOT_FOUND, FILE_UNREADABLE, SAVED_MODEL_BROKEN or TAG_SET_NOT_FOUND.
 */
export async function readServedGraph(
  directory: string,
  tags: readonly string[] = [],
): Promise<Pick<MetaGraphSummary, "tags" | "signatures">> {
  const file = path.join(directory, SAVED_MODEL_FILE);
  const { metaGraphs } = readSavedModel(withoutGraphs(await readFile(file)), file);
  if (tags.length > 0) {
    const choices = metaGraphs.map((graph) => graph.tags.join(",")).join("; ");
    const exact = metaGraphs.find((graph) => sameTags(graph.tags, tags));
    return exact ?? fail("TAG_SET_NOT_FOUND", { tags: tags.join(","), choices });
  }
  const serving =
    metaGraphs.find((graph) => sameTags(graph.tags, [SERVE_TAG])) ??
    metaGraphs.find((graph) => graph.tags.includes(SERVE_TAG)) ??
    metaGraphs[0];
  return serving ?? { tags: [], signatures: [] };
}

function sameTags(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((tag) => other.includes(tag));
}

async function readFile(file: string): Promise<Uint8Array> {
  try {
    return await fs.readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // node:fs throws nothing else
    if (code === "ENOENT" || code === "ENOTDIR") fail("FILE_NOT_FOUND", { file }, error);
    return fail("FILE_UNREADABLE", { file, reason: code ?? String(error) }, error);
  }
}
