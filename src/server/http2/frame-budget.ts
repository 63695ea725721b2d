// How many frames of a kind a client may send: so many at once, and then so many a second.

export class FrameBudget {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #filledMs: number;

  constructor({ burst, perSecond }: { readonly burst: number; readonly perSecond: number }, nowMs: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
    this.#filledMs = nowMs;
  }

  /** Takes one; whether there was one. */
  spend(nowMs: number): boolean {
    if (this.#left < 1) {
      const earned = (Math.max(0, nowMs - this.#filledMs) / 1000) * this.#perSecond;
      this.#left = Math.min(this.#burst, this.#left + earned);
      this.#filledMs = nowMs;
      if (this.#left < 1) return false;
    }
    this.#left--;
    return true;
  }

  /** Begins anew. */
  refill(): void {
    this.#left = this.#burst;
  }
}
