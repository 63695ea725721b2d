// A REST request and its answer, as data: handlers open no port. Any protocol over HTTP/1.1 speaks these.
import type { Problem } from "../../core/errors.ts";
import type { PredictionListener } from "../predict/prediction-event.ts";
import type { Soon } from "../soon.ts";

/** Takes a body where it arrives: its pieces are copied by nobody, and no turn of the event loop lies between them. */
export interface BodyTaker {
  /** Where the next bytes shall be; undefined for anywhere. */
  room?(): Uint8Array | undefined;
  /** How many of the next bytes are of no use before all of them are there: as much as the room has, or less. */
  least?(): number;
  /**
   * Takes the next piece, which is valid until this returns. Where it returns a promise, nothing more comes before that
   * is settled. What it throws ends the body.
   */
  take(piece: Uint8Array): Promise<unknown> | undefined;
}

export interface RestRequest {
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly url: string;
  /** A header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /**
   * Gives the same to a taker, where that can be had for less; resolves when all of it was taken, and rejects as iterating
   * would. One of both is read, once.
   */
  readonly takeBody?: ((taker: BodyTaker) => Promise<void>) | undefined;
  /** Calls back if the client goes away before it was answered. */
  readonly onCancel?: (callback: () => void) => void;
  /** To be told of each prediction that is made for the request. */
  readonly predicted?: PredictionListener | undefined;
}

export interface RestResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Pieces of at most some tens of kilobytes; making one takes little time. */
  readonly body: Iterable<Uint8Array>;
  /** What it tells, if it tells of an error. */
  readonly problem?: Problem;
}

/** Answers a request. */
export type RestHandler = (request: RestRequest) => Soon<RestResponse>;

/** A protocol's part of the REST port. */
export interface RestRoute {
  /** Whether a request is this protocol's to answer; `url` is path and query as sent. */
  readonly serves: (url: string, method: string) => boolean;
  readonly handle: RestHandler;
  /** Whether it costs next to nothing, and is answered also where the server takes no more requests. */
  readonly light?: boolean;
}

const JSON_HEADERS = { "Content-Type": "application/json" };

/** An answer with JSON in it. */
export function jsonResponse(status: number, body: string | Iterable<Uint8Array>): RestResponse {
  const pieces = typeof body === "string" ? [Buffer.from(body)] : body;
  return { status, headers: JSON_HEADERS, body: pieces };
}
