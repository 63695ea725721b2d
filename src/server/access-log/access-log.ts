// One line a request: what was asked, what came of it, how much was sent, and where the time went.
// Invariant: what fails is always logged; sampling is for what succeeds.
// Not here: following the request (node/watch-request.ts), how a line is written (cli/serve/log.ts).
import type { Log } from "../log.ts";
import type { PredictionEvent } from "../predict/prediction-event.ts";

/** A request that is over. */
export interface AnsweredRequest {
  readonly protocol: "REST" | "gRPC";
  /** `POST /v1/models/m:predict`, or the method's path. */
  readonly call: string;
  /** REST's number or gRPC's name. */
  readonly status: string;
  readonly failed: boolean;
  /** Of the body or the messages as they were sent, framing and all. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** From the first byte to the last. */
  readonly micros: number;
  /** The last prediction that was made for it, if any was. */
  readonly prediction: PredictionEvent | undefined;
}

/** Which requests are logged. */
export interface AccessLogChoice {
  readonly what: "errors" | "all";
  /** The share of those that succeed, from 0 to 1. */
  readonly samplingRate: number;
}

export interface AccessLogOptions extends AccessLogChoice {
  readonly log: Log;
  /** A number from 0 to 1 by chance. */
  readonly random?: () => number;
}

/** Logs each request that it is told of, or some of them. */
export function accessLog({
  what,
  samplingRate,
  log,
  random = Math.random,
}: AccessLogOptions): (request: AnsweredRequest) => void {
  return (request) => {
    if (request.failed || (what === "all" && random() < samplingRate)) {
      log("info", "access", fieldsOf(request));
    }
  };
}

function fieldsOf({
  protocol,
  call,
  status,
  bytesIn,
  bytesOut,
  micros,
  prediction,
}: AnsweredRequest): Fields {
  const sent = { protocol, call, status };
  const sizes = { bytes_in: bytesIn, bytes_out: bytesOut };
  if (!prediction) return { ...sent, ...sizes, total_us: micros };
  const { model, version, signature, rows, times, batch } = prediction;
  return {
    ...sent,
    model,
    version: String(version),
    signature,
    rows,
    ...(batch ? { batch_rows: batch.rows } : {}),
    ...sizes,
    queue_us: Math.round(times.queue / 1000),
    engine_us: Math.round(times.infer / 1000),
    total_us: micros,
  };
}

type Fields = Readonly<Record<string, unknown>>;
