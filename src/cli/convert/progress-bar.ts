// How far the writing of weights is, on one line of a terminal that overwrites itself. Elsewhere nothing is shown.
import type { Io } from "../io.ts";

const COLUMNS = 30;
/** Conversions that write less than this are over before a bar could be read. */
const MIN_BYTES = 50e6;
const REDRAW_STEPS = 100;

export interface ProgressBar {
  show(done: number, total: number): void;
  /** Wipes the line. */
  clear(): void;
}

export function progressBar(io: Io): ProgressBar {
  let shown = -1;
  return {
    show(done, total) {
      const step = Math.floor((done / total) * REDRAW_STEPS);
      if (!io.errIsTerminal || total < MIN_BYTES || step === shown) return;
      shown = step;
      const full = Math.round((done / total) * COLUMNS);
      const bar = "#".repeat(full).padEnd(COLUMNS, ".");
      io.err(`\r${bar} ${(done / 1e6).toFixed(0)} of ${(total / 1e6).toFixed(0)} MB`);
    },
    clear() {
      if (shown !== -1) io.err("\r\x1b[K");
      shown = -1;
    },
  };
}
