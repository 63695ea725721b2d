// Requests that need nothing but the event loop, and how many of them it answers before it looks at everything else.
// A poll for what came may bring the requests of hundreds of connections, each read, run and answered where it was
// found: milliseconds in one go. So what is begun in a turn has to begin in its first TURN_US; the rest waits for the
// turns that follow, in the order in which it came. Waiting costs less than a thread's way back and forth.
// Not here: long work cut into slices (slices.ts), runs that are not known to be cheap (engine/native/run-costs.ts).
import { loopTurn } from "../core/loop-turn.ts";

/** With the last one begun, what has to be written, and the machine's own noise, the loop is held some 300 us. */
const TURN_US = 200;

/** The last turn that anything was begun in, and when that was, in milliseconds of performance.now(). */
let turn = -1;
let began = 0;
/** Work that waits, oldest first. */
const waiting: (() => void)[] = [];

/** Begins the work here and now, or in one of the next turns if this one was long enough. */
export function inTurn(work: () => void): void {
  if (waiting.length === 0 && isTimeLeft()) work();
  else if (waiting.push(work) === 1) setImmediate(goOn);
}

function isTimeLeft(): boolean {
  const present = loopTurn();
  const now = performance.now();
  if (present === turn) return (now - began) * 1000 < TURN_US;
  turn = present;
  began = now;
  return true;
}

function goOn(): void {
  let done = 0;
  try {
    while (done < waiting.length && isTimeLeft()) waiting[done++]?.();
  } finally {
    waiting.splice(0, done);
    if (waiting.length > 0) setImmediate(goOn);
  }
}
