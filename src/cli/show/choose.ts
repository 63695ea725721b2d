// Picks the graph and the signature that the flags name.
import { fail } from "../../core/errors.ts";
import type { MetaGraphSummary, SavedModelSummary } from "../../model/read-saved-model.ts";
import type { Signature } from "../../model/signature.ts";
import { listRepr } from "../python/repr.ts";

/** The graph whose tags are those of a comma-separated list, in any order. Throws TAG_SET_NOT_FOUND. */
export function chooseGraph(model: SavedModelSummary, tagSet: string): MetaGraphSummary {
  const wanted = tagSet.split(",").map((tag) => tag.trim());
  const tags = [...new Set(wanted.filter((tag) => tag !== ""))].sort();
  const isWanted = (graph: MetaGraphSummary) => [...new Set(graph.tags)].sort().join() === tags.join();
  return (
    model.metaGraphs.find(isWanted) ??
    fail("TAG_SET_NOT_FOUND", {
      tags: tags.join(","),
      choices: listRepr(model.metaGraphs.map((graph) => graph.tags.join(","))),
    })
  );
}

/** Throws SIGNATURE_KEY_UNKNOWN. */
export function chooseSignature(graph: MetaGraphSummary, name: string): Signature {
  return (
    graph.signatures.find((signature) => signature.name === name) ??
    fail("SIGNATURE_KEY_UNKNOWN", {
      signature: name,
      choices: graph.signatures.map((signature) => signature.name).join(", "),
    })
  );
}
