// How much text is read in one turn of the event loop, over all bodies that are coming in.
// A poll for what came may find the next piece of every body, each as long as a socket brings at once: together they
// would hold the loop for milliseconds. So whoever has read a piece in a turn that has had enough rests, and one body a
// turn goes on, the oldest first: its tensor is soon whole, and the engine has work.
// Not here: how much of one piece is read at once (turn-steps.ts).
import { loopTurn } from "../../core/loop-turn.ts";

/** With the piece that passes it, some 200 microseconds of receiving and scanning; bodies that are shorter need not rest. */
const TURN_BYTES = 96 * 1024;

interface Resting {
  readonly place: number;
  readonly goOn: () => void;
}

let turn = -1;
/** Bytes of text that were read in that turn. */
let bytes = 0;
/** Bodies so far. */
let places = 0;
/** By their places. */
const resting: Resting[] = [];

/** One body among those whose text is read. */
export class TextTurns {
  readonly #place = places++;

  /** Tells that so much of it was read. Where a promise comes back nothing more should be read before it resolves. */
  read(length: number): Promise<void> | undefined {
    const present = loopTurn();
    if (present !== turn) {
      turn = present;
      bytes = 0;
    }
    bytes += length;
    return bytes < TURN_BYTES ? undefined : this.#rest();
  }

  #rest(): Promise<void> {
    if (resting.length === 0) setImmediate(wakeOne);
    return new Promise((goOn) => {
      const behind = resting.findIndex(({ place }) => place > this.#place);
      resting.splice(behind < 0 ? resting.length : behind, 0, { place: this.#place, goOn });
    });
  }
}

function wakeOne(): void {
  resting.shift()?.goOn();
  if (resting.length > 0) setImmediate(wakeOne);
}
