// What the listeners take from their clients, shared by all of them.
import type { RequestCount } from "../limits/request-limit.ts";

export interface SocketLimits {
  /** Connections that each listener holds; more are closed at once. 0 is no limit. */
  readonly maxConnections: number;
  /** Milliseconds from a connection's beginning, or its last answer, to the end of a request's headers; 0 is for ever. */
  readonly headerTimeoutMs: number;
  /** Milliseconds that a client may pause while it sends a request; 0 is for ever. */
  readonly receiveIdleMs: number;
  /** Counts the requests of all listeners. */
  readonly requests?: RequestCount | undefined;
}

/** Headers fit into a packet or two; Node's own limit is 60 s. */
export const DEFAULT_HEADER_TIMEOUT_MS = 20_000;
/** Longer than what TCP takes to send lost packets again a few times. */
export const DEFAULT_RECEIVE_IDLE_MS = 30_000;

export const NO_LIMITS: SocketLimits = { maxConnections: 0, headerTimeoutMs: 0, receiveIdleMs: 0 };
