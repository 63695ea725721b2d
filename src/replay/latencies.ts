// Times of many calls, and what share of them is how long.

export interface LatencyFigures {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

export class Latencies {
  #times = new Float64Array(1024);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(milliseconds: number): void {
    if (this.#count === this.#times.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#times);
      this.#times = larger;
    }
    this.#times[this.#count++] = milliseconds;
  }

  /** Milliseconds; undefined if there were no calls. A percentile is the smallest time that so many do not exceed. */
  figures(): LatencyFigures | undefined {
    if (this.#count === 0) return undefined;
    const sorted = this.#times.slice(0, this.#count).sort();
    const at = (share: number): number => sorted[Math.ceil(share * this.#count) - 1] ?? 0;
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
  }
}
