// What the main thread and its workers tell each other: plain data, which is copied on its way.
// A message with an `id` is answered by one with the same, `done` from a worker and `answer` from the main thread.
// Not here: changes of the models' table, which go a way of their own (table.ts).
import { FerryError, Problem } from "../../core/errors.ts";
import type { SharedModel } from "../../engine/engine.ts";
import type { HealthState } from "../health/health.ts";
import type { Log, LogLevel } from "../log.ts";
import type { PlainFamily } from "../metrics/merge-families.ts";
import type { VersionStatistics } from "../predict/statistics.ts";
import type { Logging } from "../request-log/logging.ts";
import type { ListenerName } from "./cells.ts";

/** A version of a model. */
export interface Place {
  readonly model: string;
  readonly version: bigint;
  /** Its directory. */
  readonly path: string;
}

export type ToWorker =
  /** A version that can be run from now on; it is served once the table says so. */
  | { readonly kind: "offer"; readonly id: number; readonly place: Place; readonly shared: SharedModel }
  /** Answered when the last call of the version has ended. */
  | { readonly kind: "withdraw"; readonly id: number; readonly place: Place }
  /** The table has changed; it is looked at with the next request anyway. */
  | { readonly kind: "table" }
  | { readonly kind: "health"; readonly state: HealthState }
  /** Which requests of which models go into the request log. */
  | { readonly kind: "logging"; readonly models: ReadonlyMap<string, Logging> }
  /** A connection, by its file descriptor, which is the worker's from now on. */
  | { readonly kind: "connection"; readonly descriptor: number; readonly listener: ListenerName }
  | { readonly kind: "metrics"; readonly id: number }
  | { readonly kind: "statistics"; readonly id: number }
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer }
  /** No more connections come; answered when the last one has ended and what it logged is written. */
  | { readonly kind: "drain"; readonly id: number }
  /** Cut every connection. */
  | { readonly kind: "destroy" }
  | { readonly kind: "end" };

export type FromWorker =
  /** It can take connections. */
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly id: number; readonly result: Result }
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: Parameters<Log>[2];
    }
  /** For the main thread to answer. */
  | { readonly kind: "rest"; readonly id: number; readonly request: ForwardedRest }
  | { readonly kind: "grpc"; readonly id: number; readonly call: ForwardedGrpc }
  /** Of the request log, whole ones. */
  | {
      readonly kind: "records";
      readonly id: number;
      readonly prefix: string;
      readonly records: readonly Uint8Array[];
    };

/** What a worker's message `done` brings. */
export interface Result {
  readonly failure?: PlainFailure;
  readonly families?: readonly PlainFamily[];
  readonly statistics?: readonly VersionStatistics[];
}

/** What the main thread's message `answer` brings. */
export interface Answer {
  readonly failure?: PlainFailure;
  readonly rest?: PlainResponse;
  readonly grpc?: Uint8Array;
}

export interface ForwardedRest {
  readonly method: string;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

export interface ForwardedGrpc {
  readonly path: string;
  readonly message: Uint8Array;
  readonly timeoutMs: number | undefined;
  readonly headers: ReadonlyMap<string, string>;
}

export interface PlainResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Rows of the errors table as data; text where it is another error. */
export type PlainFailure = readonly PlainProblem[] | string;

export type PlainProblem = Pick<Problem, "code" | "fields">;

export function plainProblem({ code, fields }: Problem): PlainProblem {
  return { code, fields };
}

export function problemOf({ code, fields }: PlainProblem): Problem {
  return new Problem(code, fields);
}

export function plainFailure(error: unknown): PlainFailure {
  if (error instanceof FerryError) return error.problems.map(plainProblem);
  return error instanceof Error ? error.message : String(error);
}

export function errorOf(failure: PlainFailure): Error {
  if (typeof failure === "string") return new Error(failure);
  const [first, ...rest] = failure.map(problemOf);
  return first ? new FerryError([first, ...rest]) : new Error("it failed without a reason");
}
