// The names of status codes, which gRPC, REST and TensorFlow Serving's messages share.
// Source: https://grpc.github.io/grpc/core/md_doc_statuscodes.html

const NAMES: readonly string[] = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

/** `INVALID_ARGUMENT` for 3. */
export function statusName(code: number): string {
  return NAMES[code] ?? "UNKNOWN";
}
