// What the user sees of an error, and the exit code it ends the process with.
// Invariant: one line a problem, each beginning with `torchferry:`; stack traces only with --verbose or DEBUG.
import { FerryError } from "../core/errors.ts";
import type { Io } from "./io.ts";

/** Writes the error to the error stream and returns the exit code. */
export function reportError(error: unknown, io: Io, verbose: boolean): number {
  for (const sentence of sentences(error)) io.err(`torchferry: ${sentence}\n`);
  if (verbose || io.env["DEBUG"]) io.err(`${stackOf(error)}\n`);
  return error instanceof FerryError ? error.row.exit : 1;
}

function sentences(error: unknown): string[] {
  if (error instanceof FerryError) return [...new Set(error.problems.map((problem) => problem.message))];
  const message = error instanceof Error ? error.message : String(error);
  if (isSystemError(error)) return [message];
  return [`internal error: ${message}; please report it with the output of --verbose`];
}

/** Errors of the operating system, which are the surroundings' fault and not ours: a full disk, a port in use. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
