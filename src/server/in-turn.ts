// Requests that need nothing but the event loop, and how many of them it answers before it looks at everything else.
// A poll for what came may bring the requests of hundreds of connections, each read, run and answered where it was
// found: milliseconds in one go. So what is begun in a turn has to begin in its first TURN_US; the rest waits for the
// turns that follow, in the order in which it came. Waiting costs less than a thread's way back and forth.
// A turn is from one look at all sockets and timers to the next.
// Not here: long work cut into slices (slices.ts), runs that are not known to be cheap (engine/native/run-costs.ts).

/** With the last one begun, what has to be written, and the machine's own noise, the loop is held some 300 us. */
const TURN_US = 200;

/** Milliseconds of performance.now() at which this turn's first work was begun; undefined before. */
let began: number | undefined;
/** Work that waits, oldest first. */
const waiting: (() => void)[] = [];

/** Begins the work here and now, or in one of the next turns if this one was long enough. */
export function inTurn(work: () => void): void {
  if (began === undefined) beginTurn();
  else if (waiting.length > 0 || isOver(began)) {
    waiting.push(work);
    return;
  }
  work();
}

function beginTurn(): number {
  began = performance.now();
  setImmediate(goOn); // runs once in every turn, whether or not anything waits
  return began;
}

function goOn(): void {
  began = undefined;
  if (waiting.length === 0) return;
  const start = beginTurn();
  let done = 0;
  try {
    do waiting[done++]?.();
    while (done < waiting.length && !isOver(start));
  } finally {
    waiting.splice(0, done);
  }
}

function isOver(start: number): boolean {
  return (performance.now() - start) * 1000 >= TURN_US;
}
