// Turns of the event loop, by number: what shares its time out by turns has to mean the same ones.
// A turn ends when the loop has looked at all sockets, before what was left for the next turn (setImmediate) begins.

let present = 0;
let isEnding = false;

/** The turn that the loop is in. To be asked before work is left for the next one, which then finds itself in it. */
export function loopTurn(): number {
  if (!isEnding) {
    isEnding = true;
    setImmediate(end);
  }
  return present;
}

function end(): void {
  isEnding = false;
  present++;
}
