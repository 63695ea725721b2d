// A worker's file as plain JavaScript, for threads of tests: a thread is not started by the test runner, which would
// translate it.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

export interface WorkerFile {
  readonly path: string;
  readonly remove: () => void;
}

/** Makes the file of half-plus-two-worker.ts. */
export async function makeWorkerFile(): Promise<WorkerFile> {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  // Within the checkout, so that its packages are found.
  const folder = mkdtempSync(join(root, "node_modules", ".torchferry-worker-"));
  await build({
    input: fileURLToPath(new URL("./half-plus-two-worker.ts", import.meta.url)),
    platform: "node",
    external: ["koffi", "onnxruntime-node", "@node-rs/crc32", "pino", "jiti"],
    logLevel: "silent",
    output: { dir: folder, format: "esm", entryFileNames: "worker.mjs" },
  });
  return { path: join(folder, "worker.mjs"), remove: () => rmSync(folder, { recursive: true }) };
}
