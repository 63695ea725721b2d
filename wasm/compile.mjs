// Compiles number-scanner/ and writes the module as text into the sources: `node wasm/compile.mjs`, part of
// `npm run generate`. The same source gives the same bytes, so `--check` tells whether that was forgotten.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const TARGET = path.join(HERE, "../src/server/json/number-scanner-module.ts");
// No runtime: nothing is allocated.
const FLAGS = ["-O3", "--enable", "simd", "--runtime", "stub", "--noAssert"];
const MODULE = "module.wasm";
const HEADER =
  "// What wasm/compile.mjs makes of wasm/number-scanner/, in base64. Generated; not to be edited.\n";

/** The text of the TypeScript file that holds the module. */
async function compiledModule() {
  let wasm;
  const files = ["number-scanner/index.ts", "--baseDir", HERE, "--outFile", MODULE];
  const { error, stderr } = await asc.main([...files, ...FLAGS], {
    writeFile: (_name, contents) => {
      wasm = contents;
    },
  });
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return `${HEADER}export const NUMBER_SCANNER_MODULE =\n  "${Buffer.from(wasm).toString("base64")}";\n`;
}

const text = await compiledModule();
if (process.argv[2] !== "--check") writeFileSync(TARGET, text);
else if (readFileSync(TARGET, "utf8") !== text) {
  console.error(
    `${path.relative(process.cwd(), TARGET)} is not what wasm/ compiles to; run \`npm run generate\``,
  );
  process.exit(1);
}
