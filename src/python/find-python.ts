// Which Python runs PyTorch and TensorFlow: the ones the user names, else $TORCHFERRY_PYTHON, else the PATH's python3.
// Invariant: nothing is imported to find out, and what was looked at and found wanting is told.
import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import { type Framework, PYTHON_PROBE } from "./program.ts";

const run = promisify(execFile);

/** A Python that answers needs some 30 ms; one that waits for something is not waited for. */
const PROBE_TIMEOUT_MS = 20_000;

export interface Pythons {
  /** The executable that has the framework; undefined if none has. */
  readonly torch: string | undefined;
  readonly tensorflow: string | undefined;
  /** Why there is none, such as `no torch in /usr/bin/python3`. */
  whyNot(framework: Framework): string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

interface Candidate {
  readonly command: string;
  /** Its own path; undefined if it does not run. */
  readonly executable: string | undefined;
  readonly has: Readonly<Record<Framework, boolean>>;
  readonly error: string;
}

/** Asks `named`, or where there is none those of the environment, in order; the first that has a framework is it. */
export async function findPythons(named: readonly string[], env: Environment): Promise<Pythons> {
  const candidates = await Promise.all(commands(named, env).map((command) => probe(command, env)));
  const first = (framework: Framework) =>
    candidates.find((candidate) => candidate.has[framework])?.executable;
  return {
    torch: first("torch"),
    tensorflow: first("tensorflow"),
    whyNot: (framework) =>
      candidates
        .map(({ command, executable, error }) =>
          executable === undefined ? `${command} ${error}` : `no ${framework} in ${executable}`,
        )
        .join(", "),
  };
}

function commands(named: readonly string[], env: Environment): readonly string[] {
  if (named.length > 0) return named;
  const own = (env["TORCHFERRY_PYTHON"] ?? "").split(path.delimiter).filter((command) => command !== "");
  return own.length > 0 ? own : ["python3"];
}

async function probe(command: string, env: Environment): Promise<Candidate> {
  try {
    const { stdout } = await run(command, ["-c", PYTHON_PROBE], { timeout: PROBE_TIMEOUT_MS, env });
    const { executable, torch, tensorflow } = JSON.parse(stdout) as Record<string, unknown>; // checked below
    return {
      command,
      executable: typeof executable === "string" && executable !== "" ? executable : command,
      has: { torch: torch === true, tensorflow: tensorflow === true },
      error: "",
    };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === "ENOENT" ? "is not there" : "does not run";
    return { command, executable: undefined, has: { torch: false, tensorflow: false }, error: reason };
  }
}
