// The outcome of --verify-with as a table: one row an output and group.
import { columns } from "../columns.ts";
import { bold, type Io } from "../io.ts";
import type { Verdict } from "./verify-with.ts";

/** Prints nothing if there are no verdicts. */
export function printVerdicts(verdicts: readonly Verdict[], io: Io): void {
  if (verdicts.length === 0) return;
  const rows = verdicts.map((verdict) => [
    verdict.group,
    verdict.output,
    `(${verdict.shape.join(", ")})`,
    verdict.largestError === undefined ? "" : verdict.largestError.toPrecision(2),
    verdict.allowedError.toPrecision(2),
    verdict.isEqual ? "equal" : `differs${verdict.reason ? `: ${verdict.reason}` : ""}`,
  ]);
  const [head = "", ...lines] = columns(
    [["group", "output", "shape", "largest error", "allowed", ""], ...rows],
    [3, 4],
  );
  io.out(`${[bold(io, head), ...lines].join("\n")}\n`);
}

/** For --json: numbers that are not there are null. */
export function verdictsAsData(verdicts: readonly Verdict[]): unknown[] {
  return verdicts.map(({ group, output, isEqual, largestError, allowedError, reason }) => ({
    group,
    output,
    equal: isEqual,
    largestError: largestError ?? null,
    allowedError,
    reason: reason ?? null,
  }));
}
