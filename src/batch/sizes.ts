// Sizes in numbers. Shapes are expressions over the batch and other free sizes; what fits and what does not shows when the
// batch is a number that occurs in no model, and the other free sizes are others.
import { type Dim, divideExactly, substitute, symbol, symbolsIn } from "../graph/dim.ts";
import type { Inferred } from "../graph/operators/definition.ts";
import { tensorType } from "../graph/type.ts";

/** A batch size that no constant of a model has. */
const PROBE_SIZE = 7919;
/**
 * Other free sizes are primes from here on: first those that no constant of a model has; then, since a table of positions
 * bounds a text's length, those that most tables have.
 */
export const OTHER_SIZES = [4001, 37] as const;

export class Sizes {
  /** The batch as a size. */
  readonly batch: Dim;
  /** What the file fixes the batch to. */
  readonly baked: number;
  private readonly name: string;
  private readonly others = new Map<string, number>();
  private readonly firstOther: number;

  /** `firstOther` is the first of the sizes that stand for the other free ones, an odd prime. */
  constructor(name: string, baked: number, firstOther: number = OTHER_SIZES[0]) {
    this.name = name;
    this.firstOther = firstOther;
    this.batch = symbol(name);
    this.baked = baked;
  }

  mentionsBatch(dim: Dim): boolean {
    return typeof dim !== "number" && symbolsIn(dim).has(this.name);
  }

  /** Whether the size is free of the batch or so many for each sample; `min(4, batch)` and `batch + 1` are neither. */
  isMultiple(dim: Dim): boolean {
    return !this.mentionsBatch(dim) || divideExactly(dim, this.batch) !== undefined;
  }

  /** The size in the file: the batch is what the file fixes it to. */
  inFile(dim: Dim): number {
    return this.at(dim, this.baked);
  }

  atProbe(dim: Dim): number {
    return this.at(dim, PROBE_SIZE);
  }

  /** A message about the probe's sizes as one about the batch. */
  withNames(message: string): string {
    return message.replaceAll(/\d+/g, (digits) => {
      const size = Number(digits);
      if (size > 0 && size % PROBE_SIZE === 0)
        return size === PROBE_SIZE ? "batch" : `${size / PROBE_SIZE}*batch`;
      return [...this.others].find(([, prime]) => prime === size)?.[0] ?? digits;
    });
  }

  /** What is known of a value, with the probe's sizes for symbols. */
  probed({ type, contents }: Inferred): Inferred {
    if (type.kind !== "tensor") return { type };
    const shape = type.shape?.map((dim) => this.atProbe(dim));
    const numbers = contents?.map((dim) => this.atProbe(dim));
    return { type: tensorType(type.dtype, shape), contents: numbers };
  }

  private at(dim: Dim, batch: number): number {
    const size = substitute(dim, (name) => (name === this.name ? batch : this.other(name)));
    return typeof size === "number" ? size : Number.NaN;
  }

  private other(name: string): number {
    let prime = this.others.get(name);
    if (prime === undefined) {
      prime = Math.max(this.firstOther - 2, ...this.others.values()) + 2;
      while (!isPrime(prime)) prime += 2;
      this.others.set(name, prime);
    }
    return prime;
  }
}

function isPrime(odd: number): boolean {
  for (let divisor = 3; divisor * divisor <= odd; divisor += 2) if (odd % divisor === 0) return false;
  return true;
}
