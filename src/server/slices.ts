// Long work in short slices, so that the event loop is never held.
// A generator that yields marks the places where others may have a turn; one that never yields costs no turn at all.

import type { Soon } from "./soon.ts";

/** Runs to the end, letting the event loop turn at each yield; what never yields is done at once. */
export function inSlices<T>(work: Generator<unknown, T>): Soon<T> {
  const step = work.next();
  return step.done ? step.value : inTurns(work);
}

async function inTurns<T>(work: Generator<unknown, T>): Promise<T> {
  for (;;) {
    await nextTurn();
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** Resolves after the event loop has looked at everything else. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
