// The request log of one thread, with its defaults.
import { systemClock } from "../clock.ts";
import { type RecordSink, RequestLog } from "../request-log/request-log.ts";
import { DEFAULT_REQUEST_LOG, RecordFiles } from "./record-files.ts";
import type { ServeOptions } from "./serve-options.ts";

type Options = Pick<ServeOptions, "strict" | "log" | "requestLog">;

/** The files that all threads write to; they are made with the first record. */
export function requestLogFiles({ requestLog = {} }: Options): RecordSink {
  const { maxFileBytes, maxFileRecords } = { ...DEFAULT_REQUEST_LOG, ...requestLog };
  return new RecordFiles({ maxFileBytes, maxFileRecords });
}

/** Of one of so many threads. TensorFlow Serving's open build logs nothing, and under `strict` neither do we. */
export function makeRequestLog(
  { strict, log, requestLog = {} }: Options,
  sink: RecordSink,
  threads = 1,
): RequestLog | undefined {
  if (strict) return undefined;
  const { queueBytes, everyModel } = { ...DEFAULT_REQUEST_LOG, ...requestLog };
  const share = Math.ceil(queueBytes / threads);
  return new RequestLog({ sink, clock: systemClock, log, queueBytes: share, everyModel });
}
