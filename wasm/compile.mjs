// Compiles the folders beside it and writes each module as text into the sources: `node wasm/compile.mjs`, part of
// `npm run generate`. The same source gives the same bytes, so `--check` tells whether that was forgotten.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const HERE = path.dirname(fileURLToPath(import.meta.url));
/** Where each folder's module goes, and the constant that holds it. */
const MODULES = [
  { folder: "number-scanner", to: "src/server/json", constant: "NUMBER_SCANNER_MODULE" },
  { folder: "turn-words", to: "src/tensor", constant: "TURN_WORDS_MODULE" },
];
// No runtime: nothing is allocated.
const FLAGS = ["-O3", "--enable", "simd", "--runtime", "stub", "--noAssert"];

/** The text of the TypeScript file that holds the module. */
async function compiledModule({ folder, constant }) {
  let wasm;
  const files = [`${folder}/index.ts`, "--baseDir", HERE, "--outFile", "module.wasm"];
  const { error, stderr } = await asc.main([...files, ...FLAGS], {
    writeFile: (_name, contents) => {
      wasm = contents;
    },
  });
  if (error) throw new Error(`${error.message}\n${stderr}`);
  const header = `// What wasm/compile.mjs makes of wasm/${folder}/, in base64. Generated; not to be edited.\n`;
  return `${header}export const ${constant} =\n  "${Buffer.from(wasm).toString("base64")}";\n`;
}

for (const module of MODULES) {
  const target = path.join(HERE, "..", module.to, `${module.folder}-module.ts`);
  const text = await compiledModule(module);
  if (process.argv[2] !== "--check") writeFileSync(target, text);
  else if (readFileSync(target, "utf8") !== text) {
    console.error(
      `${path.relative(process.cwd(), target)} is not what wasm/ compiles to; run \`npm run generate\``,
    );
    process.exitCode = 1;
  }
}
