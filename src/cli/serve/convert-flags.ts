// The flags of `serve` for versions that are model files.
import { InvalidArgumentError, Option } from "commander";
import { parseBytes } from "../parse-bytes.ts";

export interface ConvertFlags {
  readonly convert?: boolean;
  readonly convert_max_seconds: number;
  readonly convert_max_memory: number;
}

export const CONVERT_FLAG_NAMES = ["convert", "convert_max_seconds", "convert_max_memory"];

/** Ten times what the largest of the usual models takes. */
const MAX_SECONDS = 600;
/** Weights are streamed: what a conversion holds is its graph and the largest tensor. */
const MAX_MEMORY = "4GiB";

export const CONVERT_FLAG = new Option(
  "--convert",
  "a version may be a model file, such as BASE/1/model.pt2, which a process of its own converts into the cache",
);

export const CONVERT_SECONDS_FLAG = new Option("--convert_max_seconds <n>", "how long that may take")
  .argParser(parseSeconds)
  .default(MAX_SECONDS);

export const CONVERT_MEMORY_FLAG = new Option("--convert_max_memory <size>", "how much memory it may take")
  .argParser(parseBytes)
  .default(parseBytes(MAX_MEMORY), MAX_MEMORY);

function parseSeconds(given: string): number {
  const value = Number(given);
  if (given.trim() === "" || !(value > 0) || value > 1e6)
    throw new InvalidArgumentError("A number above 0 is wanted.");
  return value;
}
