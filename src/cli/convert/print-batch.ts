// What `convert` prints of the batch: a column of the table of inputs and outputs, and a line on what became of it.
import type { BatchOutcome, BatchPlace, BatchReport } from "../../batch/report-batch.ts";

/** A cell of the table, such as `axis 0`. */
export function batchCell(place: BatchPlace | undefined): string {
  return place?.axis === undefined ? "none" : `axis ${place.axis}`;
}

/** One or two lines. */
export function batchLines({ outcome, isJoinable, whyNot }: BatchReport): string[] {
  const line = `batch: ${outcomeText(outcome)}`;
  if (outcome.state === "kept" || outcome.state === "absent") return [line];
  const joining = isJoinable ? "on axis 0 everywhere" : (whyNot ?? "");
  return [line, `requests ${isJoinable ? "can" : "cannot"} be joined by a server: ${joining}`];
}

function outcomeText(outcome: BatchOutcome): string {
  if (outcome.state === "free") return "free in the file";
  if (outcome.state === "absent") return "none";
  if (outcome.state === "partly") {
    const fixed = outcome.fixed.map(({ input, size }) => `'${input}' (${size})`).join(", ");
    return `free in the file, but not in ${fixed}: ${outcome.reason}`;
  }
  if (outcome.state === "kept") return `stays ${outcome.size}: ${outcome.reason}`;
  const { size, sizes, ms } = outcome;
  const seconds = (ms / 1000).toFixed(1);
  return `${size} in the file, made free; rows are equal at ${sizes.join(" and ")} (proved in ${seconds} s)`;
}

/** For --json: what is not there is null. */
export function batchAsData({ outcome, inputs, outputs, isJoinable, whyNot }: BatchReport): unknown {
  const place = ({ name, axis, size }: BatchPlace) => ({ name, axis: axis ?? null, size: size ?? null });
  return {
    state: outcome.state,
    fileSize: "size" in outcome ? outcome.size : null,
    provedAt: "sizes" in outcome ? outcome.sizes : null,
    reason: "reason" in outcome ? outcome.reason : null,
    inputs: inputs.map(place),
    outputs: outputs.map(place),
    joinable: isJoinable,
    whyNotJoinable: whyNot ?? null,
  };
}
