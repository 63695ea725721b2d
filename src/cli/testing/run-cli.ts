// Runs a command line inside the test's process and keeps what it printed.
import type { Io } from "../io.ts";
import { runCommandLine } from "../program.ts";

export interface Outcome {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

export interface CliSettings {
  readonly env?: Io["env"];
  /** What stands for the command line in a child. */
  readonly command?: readonly [program: string, ...args: string[]];
  readonly isTerminal?: boolean;
  /** Hears all output so far whenever something is printed, until it gives a promise; the command is asked to stop when what it gives resolves. */
  readonly stopAfter?: (out: string, err: string) => Promise<unknown> | undefined;
}

export async function runCli(args: readonly string[], settings: CliSettings = {}): Promise<Outcome> {
  let out = "";
  let err = "";
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let isStopping = false;
  const told = (): void => {
    const stopping = isStopping ? undefined : settings.stopAfter?.(out, err);
    isStopping ||= stopping !== undefined;
    void stopping?.then(stop, stop);
  };
  const exitCode = await runCommandLine(args, {
    out: (text) => {
      out += text;
      told();
    },
    err: (text) => {
      err += text;
      told();
    },
    outIsTerminal: settings.isTerminal ?? false,
    errIsTerminal: settings.isTerminal ?? false,
    columns: undefined,
    env: settings.env ?? {},
    ownCommand: () => settings.command ?? [process.execPath],
    stopRequested: () => stopped,
  });
  return { exitCode, out, err };
}
