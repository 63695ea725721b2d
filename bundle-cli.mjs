// The second half of `npm run build`: joins the modules of the command line, which tsc wrote one by one, into a few
// files in their place, because Node takes longer to find and link four hundred small modules than to convert a network
// of 45 MB. What is loaded on demand stays on demand. The library (dist/index.js) is left as tsc wrote it.
import { chmodSync } from "node:fs";
import { build } from "rolldown";

/** Packages that load files of their own beside their code. Of pino only transports would, and we use none. */
const EXTERNAL = ["koffi", "onnxruntime-node", "@node-rs/crc32", "jiti"];

await build({
  input: { main: "dist/cli/main.js", "worker-thread": "dist/server/node/worker-thread.js" },
  platform: "node",
  external: EXTERNAL,
  output: { dir: "dist/cli", format: "esm", entryFileNames: "[name].js", chunkFileNames: "chunk-[name].js" },
});
chmodSync("dist/cli/start.cjs", 0o755);
