// One unary call: its message inflated, the method's answer sent, and its deadline and the client's leaving passed on.
// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
// Invariant: one request message and one answer a call.
import { FerryError, Problem, problem } from "../../core/errors.ts";
import type { GrpcCall, GrpcReply, GrpcUnaryMethod } from "../grpc/call.ts";
import { FrameReader } from "../grpc/frames.ts";
import { inflated } from "../grpc/inflate-message.ts";
import { parseTimeout } from "../grpc/timeout.ts";
import type { Stream, StreamSink } from "../http2/stream.ts";
import { inTurn } from "../in-turn.ts";
import { attempt, soon } from "../soon.ts";
import { sendMessage } from "./grpc-answer.ts";
import { Call, type CallOptions } from "./grpc-call.ts";

export class UnaryCall extends Call implements StreamSink {
  readonly #method: GrpcUnaryMethod;
  readonly #frames: FrameReader;
  readonly stalled: (() => void) | undefined;

  constructor(stream: Stream, method: GrpcUnaryMethod, options: CallOptions) {
    super(stream, options);
    this.#method = method;
    this.#frames = new FrameReader(options.maxMessageBytes, method.alignmentHint, options.memory);
    const { receiveIdleMs: milliseconds } = options;
    if (milliseconds > 0) this.stalled = () => this.refuse(problem("REQUEST_STALLED", { milliseconds }));
  }

  data(piece: Uint8Array): void {
    this.options.watch?.receive(piece);
    const refusal = this.#frames.feed(piece);
    if (refusal) this.refuse(refusal);
  }

  room(): Uint8Array | undefined {
    return this.#frames.room();
  }

  /** The request is complete. */
  end(): void {
    if (this.stream.responded) return;
    const { messages, atBoundary, maxMessageBytes } = this.#frames;
    const [message] = messages;
    const count = messages.length + (atBoundary ? 0 : 1);
    if (!message || count !== 1) {
      this.refuse(problem("GRPC_NO_MESSAGE", { count }));
      return;
    }
    const encoding = this.stream.headers.get("grpc-encoding") ?? "identity";
    const bytes = inflated(message, encoding, maxMessageBytes);
    if (bytes instanceof Promise) void bytes.then((inflated) => this.#handle(inflated));
    else inTurn(() => this.#handle(bytes));
  }

  #handle(message: Uint8Array | Problem): void {
    if (this.stream.closed) return; // nobody waits for it any more
    if (message instanceof Problem) {
      this.refuse(message);
      return;
    }
    const { headers } = this.stream;
    const call: GrpcCall = {
      message,
      timeoutMs: parseTimeout(headers.get("grpc-timeout")),
      onCancel: (callback) => this.onCancel(callback),
      header: (name) => headers.get(name),
      predicted: this.options.watch?.predicted,
    };
    void soon(
      attempt(() => this.#method.handle(call), this.#failure),
      this.#reply,
    );
  }

  readonly #reply = (reply: GrpcReply): void => {
    if (reply instanceof Problem) this.refuse(reply);
    else {
      this.options.watch?.sent(reply);
      sendMessage(this.stream, reply);
      if (this.#method.returnsMessage) this.#returnMessage(reply);
    }
  };

  #returnMessage(reply: readonly Uint8Array[]): void {
    const memory = this.#frames.messages[0]?.bytes.buffer as ArrayBuffer | undefined; // the reader makes no shared one
    // An answer that is made of the request's own bytes still has to be sent.
    if (memory && reply.every((piece) => piece.buffer !== memory)) this.options.memory.give(memory);
  }

  readonly #failure = (error: unknown): Problem => {
    const reason = error instanceof Error ? error.message : String(error);
    this.options.log("error", `gRPC: ${this.options.path}: ${reason}`);
    return error instanceof FerryError ? error.problems[0] : problem("SERVER_INTERNAL", { reason });
  };
}
