// Time, handed in, so that tests need not wait.

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back after so many milliseconds, unless it is stopped before. */
  after(milliseconds: number, callback: () => void): Timer;
}

export interface Timer {
  stop(): void;
}

/** The machine's clock. A pending timer keeps the process alive until it is stopped. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return { stop: () => clearTimeout(timer) };
  },
};
