// Reads on what a client still sends though it was answered. Many look for the answer only when they have sent everything,
// and where the connection was closed by then, they find it broken and no answer.
import type { IncomingMessage } from "node:http";

/** Whoever pauses for longer is gone, or never meant to send the rest. */
const LONGEST_PAUSE_MS = 5000;

/** Throws the rest of the body away; resolves when it came, or will not. */
export function readToEnd(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      incoming.off("data", more).off("end", done).off("close", done);
      resolve();
    };
    const timer = setTimeout(done, LONGEST_PAUSE_MS);
    const more = (): void => void timer.refresh();
    if (incoming.complete || incoming.destroyed) done();
    else incoming.on("data", more).once("end", done).once("close", done);
  });
}
