// How many models are loaded, or closed, at once. A load takes cores and the disk from the requests that are answered
// meanwhile.

export class LoadSlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** At most `count` at once. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Runs the work as soon as a slot is free. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
