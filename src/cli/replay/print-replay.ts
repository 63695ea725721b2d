// The outcome of a replay: a row for each server, then what differs.
import type { ReplayReport, TargetFigures } from "../../replay/replay.ts";
import { columns } from "../columns.ts";
import { bold, type Io } from "../io.ts";

/** Prints the table and the first differences. */
export function printReplay(report: ReplayReport, io: Io): void {
  const { targets, requests, seconds, compared, different, differences, reference, largestError } = report;
  const rows = targets.map((target) => rowOf(target));
  const [a, b] = targets;
  if (a && b) rows.push(ratioOf(a, b));
  const [head = "", ...lines] = columns(
    [["server", "answered", "failed", "p50 ms", "p90 ms", "p99 ms"], ...rows],
    [1, 2, 3, 4, 5],
  );
  io.out(`${[bold(io, head), ...lines].join("\n")}\n\n`);
  const rate = (requests / Math.max(seconds, 1e-9)).toFixed(1);
  io.out(`${requests} requests in ${seconds.toFixed(1)} s, ${rate} a second\n`);
  if (reference === undefined) {
    io.out("compared with nothing: the log holds no answers\n");
    return;
  }
  const exact = different === 0 ? ", without any error" : "";
  const largest = largestError === 0 ? exact : `, largest relative error ${largestError.toPrecision(2)}`;
  io.out(`${compared - different} of ${compared} equal to ${reference}${largest}\n`);
  for (const { request, reason } of differences) io.out(`  request ${request}: ${reason}\n`);
  const more = different - differences.length;
  if (more > 0) io.out(`  and ${more} more\n`);
}

function rowOf({ address, answered, failed, latency }: TargetFigures): string[] {
  const times = latency
    ? [latency.p50, latency.p90, latency.p99].map((time) => time.toFixed(2))
    : ["", "", ""];
  return [address, String(answered), String(failed), ...times];
}

/** How much longer the second one takes. */
function ratioOf(a: TargetFigures, b: TargetFigures): string[] {
  const ratio = (name: "p50" | "p90" | "p99"): string =>
    a.latency && b.latency ? `${(b.latency[name] / a.latency[name]).toFixed(2)}x` : "";
  return ["second to first", "", "", ratio("p50"), ratio("p90"), ratio("p99")];
}
