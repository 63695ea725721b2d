// Joins the modules of the command line, which tsc wrote one by one, into a few files in their place: Node takes longer
// to find and link four hundred small modules than to convert a network of 45 MB.
// What is loaded on demand stays on demand. The library (dist/index.js) is left as tsc wrote it.
import { readFileSync } from "node:fs";
import { defineConfig } from "rolldown";

const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
/** Packages that load files of their own beside their code. */
const WITH_FILES = ["koffi", "onnxruntime-node", "@node-rs/crc32", "pino"];

export default defineConfig({
  input: "dist/cli/main.js",
  platform: "node",
  external: WITH_FILES.filter((name) => name in dependencies),
  output: { dir: "dist/cli", format: "esm", entryFileNames: "[name].js", chunkFileNames: "chunk-[name].js" },
});
