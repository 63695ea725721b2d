// Loads the config of custom operators: the file of --custom, else torchferry.config.* of the working directory. It is
// the user's own code and is run; the folder of a model file is never looked into.
// Node 20 cannot import TypeScript: `jiti` strips its types (1.8 MB, no dependencies, loaded only where there is a
// config). TypeScript's own compiler would be 17 times that, and Node's own stripping begins with 22.18.
// Not here: what a config may say (custom/config.ts), checking it (custom/custom-operators.ts).
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "../core/errors.ts";
import type { Config } from "../custom/config.ts";

const NAMES = [
  "torchferry.config.ts",
  "torchferry.config.mts",
  "torchferry.config.js",
  "torchferry.config.mjs",
];

export interface LoadedConfig {
  readonly custom: Config;
  /** The file, for messages. */
  readonly customName: string;
}

/**
 * The config; undefined if `file` is not given and the working directory holds none.
 * Throws CONFIG_NOT_FOUND, CONFIG_FAILED and CONFIG_MALFORMED.
 */
export async function loadConfig(
  file: string | undefined,
  workingDirectory = process.cwd(),
): Promise<LoadedConfig | undefined> {
  const name = file ?? defaultName(workingDirectory);
  if (name === undefined) return undefined;
  const place = path.resolve(workingDirectory, name);
  if (!fs.statSync(place, { throwIfNoEntry: false })?.isFile()) fail("CONFIG_NOT_FOUND", { file: name });
  const exported = await evaluate(place, name);
  const config = isObject(exported) ? exported["default"] : undefined;
  if (config === undefined) {
    const wanted = "export default defineConfig({ ... })";
    fail("CONFIG_MALFORMED", { file: name, where: "its default export", found: "missing", wanted });
  }
  return { custom: config as Config, customName: name }; // checked by whoever uses it
}

/** The text of the working directory's config, for those who keep what was made with it; empty without one. */
export function defaultConfigText(workingDirectory = process.cwd()): string {
  const name = defaultName(workingDirectory);
  return name === undefined ? "" : fs.readFileSync(path.join(workingDirectory, name), "utf8");
}

function defaultName(workingDirectory: string): string | undefined {
  return NAMES.find((known) => fs.existsSync(path.join(workingDirectory, known)));
}

/** What the module exports. */
async function evaluate(place: string, name: string): Promise<unknown> {
  const { createJiti } = await import("jiti");
  const jiti = createJiti(import.meta.url, {
    alias: { torchferry: ownModule() },
    fsCache: false, // nothing is written beside the user's files
    moduleCache: false,
    interopDefault: false,
  });
  try {
    return await jiti.import(place);
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return fail("CONFIG_FAILED", { file: name, reason }, error);
  }
}

/** What `import { defineConfig } from "torchferry"` gives, also where the package is installed globally. */
function ownModule(): string {
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js"; // src/cli/ or dist/cli/, where the bundle lies flat
  return fileURLToPath(new URL(`../custom/config.${ending}`, import.meta.url));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
