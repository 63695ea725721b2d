// First elements that do something to half-plus-two-worker.ts besides being halved.

export const INPUTS = {
  /** The answer takes its time. */
  slow: 1001,
  /** The worker's thread ends by an error that nobody catches. */
  fatal: 1003,
} as const;
