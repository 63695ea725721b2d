// The requests of a log: TFRecords of PredictionLog, as the server writes them and as warm-up files hold them.
// Source: proto/tensorflow_serving.proto. Requests stay bytes, and are sent as they were logged.
// A last record that is cut off ends the log: the server may still be writing it.
import { type ReadAt, RecordError, readRecords } from "../bytes/tf-record.ts";
import { fail } from "../core/errors.ts";
import { WireError, WireReader } from "../server/grpc/wire.ts";

export type Method = "Predict" | "Classify" | "Regress" | "MultiInference";

export interface LoggedRequest {
  readonly method: Method;
  /** The request's message. */
  readonly request: Uint8Array;
  /** The answer's, if it was logged. */
  readonly response: Uint8Array | undefined;
}

/** Tags of PredictionLog's fields, each with a request (1) and a response (2) in it. */
const METHODS: ReadonlyMap<number, Method> = new Map([
  [18, "Classify"],
  [26, "Regress"],
  [34, "MultiInference"],
  [50, "Predict"],
]);

/** gRPC takes no larger request either. */
const MAX_RECORD_BYTES = 2 ** 31 - 1;

/** The requests in order, without records of other kinds. Throws REPLAY_LOG at the first record that is damaged. */
export async function* readRequests(file: string, readAt: ReadAt): AsyncGenerator<LoggedRequest> {
  let count = 0;
  try {
    for await (const record of readRecords(readAt, MAX_RECORD_BYTES)) {
      count++;
      const request = requestOf(record);
      if (request) yield request;
    }
  } catch (error) {
    if (error instanceof RecordError && error.message.startsWith("truncated") && count > 0) return;
    if (!(error instanceof RecordError || error instanceof WireError)) throw error;
    fail("REPLAY_LOG", { file, record: count + 1, reason: error.message }, error);
  }
}

function requestOf(record: Uint8Array): LoggedRequest | undefined {
  // A file's bytes may come as a Buffer, whose `slice` is no copy; whoever reads tensors expects a plain array.
  const reader = new WireReader(new Uint8Array(record.buffer, record.byteOffset, record.byteLength));
  let found: LoggedRequest | undefined;
  while (!reader.atEnd) {
    const tag = reader.varint();
    const method = METHODS.get(tag);
    if (method) found = pairOf(method, reader.message());
    else reader.skip(tag);
  }
  return found;
}

function pairOf(method: Method, reader: WireReader): LoggedRequest | undefined {
  let request: Uint8Array | undefined;
  let response: Uint8Array | undefined;
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag === 10) request = reader.take();
    else if (tag === 18) response = reader.take();
    else reader.skip(tag);
  }
  return request && { method, request, response };
}
