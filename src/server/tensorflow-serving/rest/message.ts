// A REST request and its answer, as data: handlers open no port.
import type { Models } from "../../manager/manager.ts";

export interface RestRequest {
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly url: string;
  /** A header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** Calls back if the client goes away before it was answered. */
  readonly onCancel?: (callback: () => void) => void;
}

export interface RestResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Pieces of at most some tens of kilobytes; making one takes little time. */
  readonly body: Iterable<Uint8Array>;
}

/** What the handlers work on. */
export interface RestContext {
  readonly models: Models;
  /** Milliseconds that a prediction may run; undefined is no limit. */
  readonly timeoutMs?: number | undefined;
  /** Larger bodies are refused; TensorFlow Serving has no limit of its own. */
  readonly maxBodyBytes?: number | undefined;
  /** Whether pages of other origins may call (--rest_api_enable_cors_support). */
  readonly enableCors?: boolean | undefined;
}

/** As much as one typed array of float32 can use and JSON text of it can take. */
export const DEFAULT_MAX_BODY_BYTES = 16 * 2 ** 30;

const JSON_HEADERS = { "Content-Type": "application/json" };

/** An answer with JSON in it. */
export function jsonResponse(status: number, body: string | Iterable<Uint8Array>): RestResponse {
  const pieces = typeof body === "string" ? [Buffer.from(body)] : body;
  return { status, headers: JSON_HEADERS, body: pieces };
}
