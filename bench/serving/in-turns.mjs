// Windows of several ways of calling, taken in turns, so that what else the machine does falls on all of them alike.
// A way is stable when the calls a second of its last three windows lie within a tenth of their median; one that is not
// has more windows, up to a number. Figures are medians of the last three.
import { median } from "../print-table.mjs";

const KEPT = 3;
const MOST_MORE = 2;
const STABLE_SPREAD = 0.1;

/**
 * Calls each of `ways`, functions by name, `rounds` times; those that are not stable more often. The first is what the
 * others are compared with: it has a window in each round, which is `beside` the others' windows of that round.
 * Returns the kept windows of each by name.
 */
export async function inTurns(ways, rounds) {
  const [reference, ...others] = Object.keys(ways);
  const windows = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  for (let round = 0; round < rounds + MOST_MORE; round++) {
    const due = others.filter((way) => round < rounds || spread(windows[way]) > STABLE_SPREAD);
    if (round >= rounds && due.length === 0) break;
    const beside = await ways[reference]();
    windows[reference].push({ ...beside, beside });
    for (const way of due) windows[way].push({ ...(await ways[way]()), beside });
  }
  return Object.fromEntries(Object.entries(windows).map(([way, taken]) => [way, taken.slice(-KEPT)]));
}

/** The largest less the smallest of the kept windows' calls a second, beside their median. */
export function spread(windows) {
  const rates = windows.slice(-KEPT).map((window) => window.callsPerSecond);
  return (Math.max(...rates) - Math.min(...rates)) / median(rates);
}
