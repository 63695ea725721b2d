// What a long command is doing, on one line of a terminal that overwrites itself; notes that stay stand above it.
import type { Io } from "../io.ts";

export interface StatusLine {
  /** Replaces the line; elsewhere than on a terminal nothing is shown. */
  show(text: string): void;
  /** A line that stays, on a terminal or not. */
  note(text: string): void;
  /** Wipes the line. */
  clear(): void;
}

export function statusLine(io: Io): StatusLine {
  let isShown = false;
  const clear = (): void => {
    if (isShown) io.err("\r\x1b[K");
    isShown = false;
  };
  return {
    show(text) {
      if (!io.errIsTerminal) return;
      clear();
      io.err(text);
      isShown = true;
    },
    note(text) {
      clear();
      io.err(`torchferry: ${text}\n`);
    },
    clear,
  };
}
