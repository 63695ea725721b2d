// A folder for what a bench writes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** An empty folder, removed when the process ends. */
export function temporaryFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), "torchferry-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true }));
  return folder;
}
