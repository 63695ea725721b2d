// How long something took, for people.

/** `46 ms` or `3.2 s`, from a time that performance.now() gave. */
export function seconds(started: number): string {
  const ms = performance.now() - started;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
