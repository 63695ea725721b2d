// Waits until a stream takes more, or takes nothing any more.
import type { Writable } from "node:stream";

/** Resolves when what was written has left, or the other side is gone. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.once("drain", done);
    stream.once("close", done);
  });
}
