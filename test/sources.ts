// The project's own source files, for the tests that read them.
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

export interface SourceFile {
  /** Relative to the root, with forward slashes: `src/core/errors.ts`. */
  readonly path: string;
  readonly text: string;
  readonly isTest: boolean;
}

/** All TypeScript files below src/ but generated ones. */
export function sourceFiles(): SourceFile[] {
  return fs
    .readdirSync(path.join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .map((name) => `src/${name.replaceAll(path.sep, "/")}`)
    .filter((name) => /\.c?ts$/.test(name) && !name.includes("/generated/"))
    .sort()
    .map((name) => ({
      path: name,
      text: fs.readFileSync(path.join(ROOT, name), "utf8"),
      isTest: name.endsWith(".test.ts") || name.includes("/testing/"),
    }));
}

/** What a file imports, as it is written: `../core/errors.ts`, `node:fs`, `pino`. */
export function importsOf(text: string): string[] {
  const statements = text.matchAll(
    /^(?:import|export)\b[^;]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm,
  );
  return Array.from(statements, (match) => match[1] ?? match[2] ?? match[3] ?? "");
}
