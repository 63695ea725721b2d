// Whether two servers answered the same: the same outputs, equal by the tolerances that the project promises.
// Two refusals with the same meaning are the same answer, whatever their words and protocols.
import type { TensorValue } from "../engine/engine.ts";
import { tensorFromBytes, tensorFromStrings } from "../tensor/tensor.ts";
import { type Comparison, compareTensors } from "../verify/compare.ts";
import { type Answer, type Failure, isFailure } from "./target.ts";

export interface AnswerComparison {
  readonly isEqual: boolean;
  /** The largest error relative to the largest value of its output. */
  readonly relativeError: number;
  /** What differs, in words. */
  readonly reason: string | undefined;
}

/** Compares what came from B with what came from A. */
export function compareAnswers(wanted: Answer, found: Answer, tolerance?: number): AnswerComparison {
  if (isFailure(wanted) || isFailure(found)) return compareFailures(wanted, found);
  const missing = [...wanted.keys()].filter((name) => !found.has(name));
  const extra = [...found.keys()].filter((name) => !wanted.has(name));
  if (missing.length + extra.length > 0) {
    const told = [missing.length > 0 ? `no ${missing}` : "", extra.length > 0 ? `${extra} besides` : ""];
    return differs(`outputs: ${told.filter((text) => text !== "").join("; ")}`);
  }
  let relativeError = 0;
  let reason: string | undefined;
  for (const [name, tensor] of wanted) {
    const comparison = compareOutput(tensor, found.get(name), tolerance);
    relativeError = Math.max(relativeError, comparison.relativeError ?? 0);
    if (!comparison.isEqual) reason ??= `${name}: ${reasonOf(comparison)}`;
  }
  return { isEqual: reason === undefined, relativeError, reason };
}

function compareOutput(wanted: TensorValue, found: TensorValue | undefined, tolerance?: number): Comparison {
  const { dtype, shape, data, strings } = wanted;
  const tensor = strings ? tensorFromStrings(shape, strings) : tensorFromBytes(dtype, shape, data);
  const nothing = { dtype, shape: [-1], data: new Uint8Array(0) };
  return compareTensors(found ?? nothing, tensor, tolerance);
}

function reasonOf({ reason, relativeError, largestError, allowedError }: Comparison): string {
  if (reason !== undefined) return reason;
  const figures = [largestError, allowedError].map((value) => (value ?? 0).toPrecision(2));
  return `error ${figures[0]}, ${figures[1]} is allowed (relative ${(relativeError ?? 0).toPrecision(2)})`;
}

/** REST's numbers for gRPC's names; several names share a number. */
const HTTP_OF: Readonly<Record<string, string>> = {
  INVALID_ARGUMENT: "400",
  FAILED_PRECONDITION: "400",
  OUT_OF_RANGE: "400",
  NOT_FOUND: "404",
  UNIMPLEMENTED: "501",
  RESOURCE_EXHAUSTED: "429",
  DEADLINE_EXCEEDED: "504",
  UNAVAILABLE: "503",
  INTERNAL: "500",
  UNKNOWN: "500",
  PERMISSION_DENIED: "403",
  UNAUTHENTICATED: "401",
};

/** A server that could not be asked is never equal to another one. */
const NO_ANSWERS: ReadonlySet<string> = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED", "UNPARSABLE"]);

function compareFailures(wanted: Answer, found: Answer): AnswerComparison {
  if (isFailure(wanted) && isFailure(found) && !NO_ANSWERS.has(wanted.status)) {
    const same = wanted.status === found.status || httpOf(wanted) === httpOf(found);
    if (same) return { isEqual: true, relativeError: 0, reason: undefined };
  }
  return differs(`${told(found)} in place of ${told(wanted)}`);
}

function httpOf({ status }: Failure): string {
  return HTTP_OF[status] ?? status;
}

function told(answer: Answer): string {
  return isFailure(answer) ? `${answer.status} (${answer.message})` : "an answer";
}

function differs(reason: string): AnswerComparison {
  return { isEqual: false, relativeError: 0, reason };
}
