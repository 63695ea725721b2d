// What a model that keeps state takes in its first call, from beside its graph.
import * as fs from "node:fs";
import * as path from "node:path";
import { readNpz } from "../../bytes/npz.ts";
import { openFile } from "../../files/open-file.ts";
import { INITIAL_STATE_FILE } from "../../write/initial-state.ts";
import { tensorSummary } from "../convert/tensor-summary.ts";

/** One line a state; none for a model that keeps nothing. Throws what readNpz says of a broken file. */
export function stateLines(directory: string): string[] {
  const file = path.join(directory, INITIAL_STATE_FILE);
  if (!fs.existsSync(file)) return [];
  const source = openFile(file);
  try {
    const states = [...readNpz(source)].map(
      ([name, initial]) => `  inputs['${name}']: ${tensorSummary(initial)}`,
    );
    return [
      "",
      `The model keeps state between calls; the first call takes ${INITIAL_STATE_FILE}:`,
      ...states,
    ];
  } finally {
    source.close();
  }
}
