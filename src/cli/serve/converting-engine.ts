// An engine for versions that are model files (BASE/1/model.pt2): each is converted into the cache, once, and loaded
// from there. Versions with a saved_model.pb are loaded as they are.
// Not here: the conversion (converted-file.ts).
import * as fs from "node:fs";
import * as path from "node:path";
import { fail } from "../../core/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import { versionsIn } from "../saved-model-directory.ts";
import { type CacheOptions, convertOnce, placeOf } from "./converted-file.ts";

export interface ConvertingOptions extends CacheOptions {
  readonly engine: Engine;
}

const MODEL_FILE = /\.(pt2|pt|pth|onnx)$/;

/** The engine around `options.engine`. */
export function convertingEngine(options: ConvertingOptions): Engine {
  /** Conversions that run, so that two loads of one file wait for one. */
  const running = new Map<string, Promise<boolean>>();

  async function converted(file: string): Promise<string> {
    const base = placeOf(file, options);
    const work = running.get(base) ?? convertOnce(file, base, options).finally(() => running.delete(base));
    running.set(base, work);
    await work;
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
