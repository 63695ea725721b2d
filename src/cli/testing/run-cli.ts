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
  /** What `stopRequested` waits for, given the output so far each time something is printed. */
  readonly stopWhen?: (out: string) => boolean;
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
      if (settings.stopWhen?.(out)) stop();
    },
    err: (text) => {
      err += text;
    },
    outIsTerminal: settings.isTerminal ?? false,
    errIsTerminal: settings.isTerminal ?? false,
    env: settings.env ?? {},
    stopRequested: () => stopped,
  });
  return { exitCode, out, err };
}
