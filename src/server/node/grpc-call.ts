// What calls of every kind have: who follows them, what they are told of the client's leaving, and how they are refused.
// Invariant: each call is told to its follower once, and counted out once, when its stream is closed.
import type { Problem } from "../../core/errors.ts";
import type { Stream } from "../http2/stream.ts";
import type { Log } from "../log.ts";
import type { MessageMemory } from "../message-memory.ts";
import { endWith } from "./grpc-answer.ts";
import type { GrpcWatch } from "./watch-request.ts";

/** gRPC's number of a call that its client gave up. */
const CANCELLED = 1;

export interface CallOptions {
  readonly path: string;
  readonly maxMessageBytes: number;
  readonly memory: MessageMemory;
  readonly log: Log;
  /** Milliseconds that a client may pause while it sends; 0 is for ever. */
  readonly receiveIdleMs: number;
  readonly watch: GrpcWatch | undefined;
  /** Counts the call out. */
  readonly leave: (() => void) | undefined;
}

/** One call until its end. */
export class Call {
  readonly stream: Stream;
  readonly options: CallOptions;
  /** What the client was or will be told, unless it leaves before. */
  protected status = 0;
  #onCancel: (() => void)[] | undefined;

  constructor(stream: Stream, options: CallOptions) {
    this.stream = stream;
    this.options = options;
  }

  /** Calls back if the client gives up before it was answered. */
  onCancel(callback: () => void): void {
    this.#onCancel ??= [];
    this.#onCancel.push(callback);
  }

  /** Ends the call with a problem. */
  refuse(problem: Problem): void {
    if (this.stream.closed) return;
    this.status = problem.row.grpc;
    endWith(this.stream, problem);
  }

  closed(answered: boolean): void {
    this.options.leave?.();
    this.options.watch?.end(answered ? this.status : CANCELLED);
    if (!answered) for (const callback of this.#onCancel ?? []) callback();
  }
}
