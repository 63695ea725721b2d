// `--sizes height=224,width=224`: numbers for sizes that are free.
import { InvalidArgumentError } from "commander";

/** Reads the flag. Throws InvalidArgumentError. */
export function parseNamedSizes(text: string): Record<string, number> {
  const sizes = text.split(",").map((pair) => /^\s*(\w+)\s*=\s*([1-9]\d*)\s*$/.exec(pair));
  if (sizes.includes(null)) throw new InvalidArgumentError("NAME=SIZE is wanted: height=224,width=224.");
  return Object.fromEntries(sizes.map((match) => [match?.[1] ?? "", Number(match?.[2])]));
}
