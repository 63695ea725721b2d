// A model file in the cache: converted there by a process of its own, unless it was before.
// Not here: the process and its limits (convert-in-child.ts), where the cache is (model-cache.ts).
import { raise } from "../../core/errors.ts";
import type { Io } from "../io.ts";
import { type InputSpecs, inputArguments } from "../model-inputs/input-flag.ts";
import { type ConversionLimits, convertInChild } from "./convert-in-child.ts";
import type { Log } from "./log.ts";
import { cacheBase, isConverted } from "./model-cache.ts";

export interface CacheOptions {
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

/** Where the file's conversion is or will be: a directory of versions. `inputs` are those of --input. */
export function placeOf(file: string, { version, env, config }: CacheOptions, inputs?: InputSpecs): string {
  return cacheBase(file, version, env, (inputs ? JSON.stringify(inputs) : "") + config);
}

/** Converts the file unless `base` holds its conversion; whether it did. Throws a row CONVERSION_*. */
export async function convertOnce(
  file: string,
  base: string,
  { command, env, limits, log, signal }: CacheOptions,
  inputs: InputSpecs = {},
): Promise<boolean> {
  if (isConverted(base)) return false;
  const started = performance.now();
  log("info", `${file}: converting`);
  const [program, ...first] = command;
  const args = [...first, "convert", file, "--output", base, ...inputArguments(inputs)];
  const failure = await convertInChild(file, { program, args, env }, limits, signal);
  raise(failure ? [failure] : []);
  log("info", `${file}: converted: ${base}`, { milliseconds: performance.now() - started });
  return true;
}
