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
  readonly isTerminal?: boolean;
  /** Hears all output so far whenever something is printed; the command is asked to stop when what it gives resolves. */
  readonly stopAfter?: (out: string) => Promise<void> | undefined;
}

export async function runCli(args: readonly string[], settings: CliSettings = {}): Promise<Outcome> {
  let out = "";
  let err = "";
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const exitCode = await runCommandLine(args, {
    out: (text) => {
      out += text;
      void settings.stopAfter?.(out)?.then(stop, stop);
    },
    err: (text) => {
      err += text;
    },
    outIsTerminal: settings.isTerminal ?? false,
    errIsTerminal: settings.isTerminal ?? false,
    columns: undefined,
    env: settings.env ?? {},
    stopRequested: () => stopped,
  });
  return { exitCode, out, err };
}
