// What a command may touch of its surroundings, handed in so that tests run commands in their own process.
// Invariant: results go to `out`, messages to `err`, so that output can be piped.
import { ownCommand } from "./own-command.ts";

export interface Io {
  out(text: string): void;
  err(text: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Width of the terminal; undefined where results go elsewhere. */
  readonly columns: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How a child is started that runs another command of ours: a program with its first arguments. */
  ownCommand(): readonly [program: string, ...args: string[]];
  /** Resolves when the user or the system asks the process to stop. */
  stopRequested(): Promise<void>;
}

/** The streams, environment and signals of this process. */
export function processIo(): Io {
  // A reader such as `head` may close the pipe before everything is written: that is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    env: process.env,
    ownCommand,
    stopRequested,
  };
}

/** At the first signal; a second one meets no handler and ends the process at once. */
function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off("SIGTERM", stop).off("SIGINT", stop);
      resolve();
    };
    process.on("SIGTERM", stop).on("SIGINT", stop);
  });
}

/** Bold on a terminal that wants it (https://no-color.org), plain elsewhere. */
export function bold(io: Io, text: string): string {
  const colours = io.outIsTerminal && !io.env["NO_COLOR"] && io.env["TERM"] !== "dumb";
  return colours ? `\x1b[1m${text}\x1b[22m` : text;
}
