// The public surface: what `import ... from "torchferry"` gives, with its types. A change of it is a diff to read.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as torchferry from "../src/index.ts";
import { ROOT } from "./sources.ts";

let declarations: string;
beforeAll(() => {
  declarations = fs.mkdtempSync(path.join(os.tmpdir(), "surface-"));
  const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
  const flags = ["-p", "tsconfig.build.json", "--emitDeclarationOnly", "--outDir", declarations];
  execFileSync(process.execPath, [tsc, ...flags], { cwd: ROOT, stdio: "pipe" });
});
afterAll(() => fs.rmSync(declarations, { recursive: true, force: true }));

/** Comments, and the errors table, which docs/errors.md shows. */
const BESIDE_THE_POINT = /\/\*\*[\s\S]*?\*\/\s*|^\/\/.*\n|^export declare const ERRORS: \{[\s\S]*?^\};\n/gm;

/** The declarations of index.ts and of the files that it exports from, without comments and rows of the errors table. */
function publicDeclarations(): string {
  const index = fs.readFileSync(path.join(declarations, "index.d.ts"), "utf8");
  const files = [...index.matchAll(/from "\.\/(.+?)\.(?:js|ts)"/g)].map(([, file]) => `${file}.d.ts`);
  return ["index.d.ts", ...files.sort()]
    .map((file) => {
      const text = fs.readFileSync(path.join(declarations, file), "utf8");
      return `// ${file}\n${text.replace(BESIDE_THE_POINT, "")}`;
    })
    .join("\n");
}

describe("the public surface", () => {
  it("exports these values", () => {
    expect(Object.keys(torchferry).sort()).toEqual(["FerryError", "convert", "defineConfig", "load"]);
  });

  it("has these types", () => {
    expect(publicDeclarations()).toMatchSnapshot();
  });
});
