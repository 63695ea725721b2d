// A size as people write it: `500MB`, `1.5 GiB`, or a number of bytes.
import { InvalidArgumentError } from "commander";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** In bytes, at least 1. Throws commander's InvalidArgumentError. */
export function parseBytes(text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(number) * (UNITS[unit] ?? Number.NaN));
  if (number === "" || !Number.isSafeInteger(bytes) || bytes < 1)
    throw new InvalidArgumentError("A size is wanted, such as 500MB, 1.5GiB or a number of bytes.");
  return bytes;
}
