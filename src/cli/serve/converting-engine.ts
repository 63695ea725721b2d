// An engine for versions that are model files (BASE/1/model.pt2): each is converted into the cache, once, and loaded
// from there. Versions with a saved_model.pb are loaded as they are.
// Not here: the conversion and its limits (convert-in-child.ts), where the cache is (model-cache.ts).
import * as fs from "node:fs";
import * as path from "node:path";
import { fail, raise } from "../../core/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Io } from "../io.ts";
import { versionsIn } from "../saved-model-directory.ts";
import { type ConversionLimits, convertInChild } from "./convert-in-child.ts";
import type { Log } from "./log.ts";
import { cacheBase, isConverted } from "./model-cache.ts";

export interface ConvertingOptions {
  readonly engine: Engine;
  readonly limits: ConversionLimits;
  /** Our own command line, as a program with its first arguments. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly version: string;
  /** What else decides what comes out: the text of the user's config, which the child reads in the same directory. */
  readonly config: string;
  readonly env: Io["env"];
  readonly log: Log;
  /** Ends conversions that run. */
  readonly signal: AbortSignal;
}

const MODEL_FILE = /\.(pt2|pt|pth|onnx)$/;

/** The engine around `options.engine`. */
export function convertingEngine(options: ConvertingOptions): Engine {
  /** Conversions that run, so that two loads of one file wait for one. */
  const running = new Map<string, Promise<void>>();

  async function converted(file: string): Promise<string> {
    const base = cacheBase(file, options.version, options.env, options.config);
    if (!isConverted(base)) {
      const work = running.get(base) ?? convert(file, base, options).finally(() => running.delete(base));
      running.set(base, work);
      await work;
    }
    return path.join(base, String(versionsIn(base).at(-1)));
  }

  return {
    name: options.engine.name,
    async load(directory, loading) {
      const file = modelFileIn(directory);
      return options.engine.load(file === undefined ? directory : await converted(file), loading);
    },
  };
}

/** The one model file of a version that has no saved_model.pb. Throws VERSION_AMBIGUOUS if there are several. */
function modelFileIn(directory: string): string | undefined {
  const names = fs.existsSync(directory) ? fs.readdirSync(directory).sort() : [];
  if (names.includes("saved_model.pb")) return undefined;
  const models = names.filter((name) => MODEL_FILE.test(name));
  if (models.length > 1) fail("VERSION_AMBIGUOUS", { directory, files: models.join(", ") });
  return models[0] === undefined ? undefined : path.join(directory, models[0]);
}

async function convert(file: string, base: string, options: ConvertingOptions): Promise<void> {
  const { command, env, limits, log, signal } = options;
  const started = performance.now();
  log("info", `${file}: converting`);
  const [program, ...first] = command;
  const args = [...first, "convert", file, "--output", base];
  const failure = await convertInChild(file, { program, args, env }, limits, signal);
  raise(failure ? [failure] : []);
  log("info", `${file}: converted: ${base}`, { milliseconds: performance.now() - started });
}
