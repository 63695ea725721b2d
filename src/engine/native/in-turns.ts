// Work on many small things that lets the event loop turn every now and then.
import { setImmediate as nextTurn } from "node:timers/promises";

/** Items that are handled before others get the event loop; some 150 us of work on strings. */
const ITEMS_A_TURN = 500;

/** Does something with each item, so many of them before others get their turn. */
export async function inTurns<T>(
  items: ArrayLike<T>,
  act: (item: T, index: number) => void,
  itemsATurn = ITEMS_A_TURN,
): Promise<void> {
  for (let index = 0; index < items.length; index += 1) {
    if (index > 0 && index % itemsATurn === 0) await nextTurn();
    act(items[index] as T, index); // the index is in range
  }
}
