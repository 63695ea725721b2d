// How long something took, for people.

/** `0.4 s`, from a time that performance.now() gave. */
export function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
