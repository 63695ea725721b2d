// The shape of one row of the errors table.

/** One row: a sentence with typed placeholders, and what it means to each kind of caller. */
export interface ErrorRow {
  /** Process exit code: 2 usage, 3 unreadable input, 4 cannot be converted, 5 numbers differ, 1 anything else. */
  readonly exit: 1 | 2 | 3 | 4 | 5;
  /** HTTP status of the REST answer. */
  readonly http: number;
  /** gRPC status code (3 INVALID_ARGUMENT, 5 NOT_FOUND, 9 FAILED_PRECONDITION, 13 INTERNAL, 14 UNAVAILABLE, ...). */
  readonly grpc: number;
  /** The sentence, in this order: where; what was found; what is wanted; what to do. `{name}` is filled in. */
  readonly text: string;
}
