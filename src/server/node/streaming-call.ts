// A call of many messages and answers, such as a health watch. These are few and small, so that they are simply kept.
// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
// Invariant: a client that sends more than is answered is cut off at MAX_WAITING_MESSAGES; one whose messages may be
// large is held back by flow control before that.
import { Problem, problem } from "../../core/errors.ts";
import type { GrpcReply, GrpcStreamMethod } from "../grpc/call.ts";
import { FrameReader } from "../grpc/frames.ts";
import { inflated } from "../grpc/inflate-message.ts";
import type { Stream, StreamSink } from "../http2/stream.ts";
import { beginAnswer, endWith, writeMessage } from "./grpc-answer.ts";
import { Call, type CallOptions } from "./grpc-call.ts";

/** Questions of a few hundred bytes; nobody asks a thousand at once. */
const MAX_WAITING_MESSAGES = 1000;
const MAX_MESSAGE_BYTES = 2 ** 20;
/** Where messages may be large, no more are read while so many wait. */
const MAX_LARGE_WAITING = 8;

/** Reads the call's messages and writes the method's answers until one side ends. */
export class StreamingCall extends Call implements StreamSink {
  readonly #inbox: Inbox;
  readonly #gone = new AbortController();

  constructor(stream: Stream, method: GrpcStreamMethod, options: CallOptions) {
    super(stream, options);
    const maxBytes = method.largeMessages ? options.maxMessageBytes : MAX_MESSAGE_BYTES;
    const frames = new FrameReader(maxBytes, method.alignmentHint, options.memory);
    this.#inbox = new Inbox(stream, frames, method, (reason) => this.refuse(reason));
    const header = (name: string): string | undefined => stream.headers.get(name);
    void this.#answer(method.stream(this.#inbox, this.#gone.signal, header)).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      options.log("error", `gRPC: ${options.path}: ${reason}`);
      this.refuse(problem("SERVER_INTERNAL", { reason }));
    });
  }

  data(piece: Uint8Array): void {
    this.options.watch?.receive(piece);
    this.#inbox.feed(piece);
  }

  room(): Uint8Array | undefined {
    return this.#inbox.room();
  }

  end(): void {
    this.#inbox.end();
  }

  override closed(answered: boolean): void {
    this.#inbox.end();
    this.#gone.abort();
    super.closed(answered);
  }

  async #answer(replies: AsyncIterable<GrpcReply>): Promise<void> {
    const { stream } = this;
    for await (const reply of replies) {
      if (stream.closed) return;
      if (reply instanceof Problem) {
        this.refuse(reply);
        return;
      }
      this.options.watch?.sent(reply);
      beginAnswer(stream);
      writeMessage(stream, reply);
      if (stream.isFull) await stream.drained();
    }
    endWith(stream, undefined);
  }
}

/** The client's messages, in order. */
class Inbox implements AsyncIterableIterator<Uint8Array> {
  readonly #stream: Stream;
  readonly #frames: FrameReader;
  readonly #holdsBack: boolean;
  readonly #refused: (reason: Problem) => void;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(
    stream: Stream,
    frames: FrameReader,
    { largeMessages = false }: GrpcStreamMethod,
    refused: (reason: Problem) => void,
  ) {
    this.#stream = stream;
    this.#frames = frames;
    this.#holdsBack = largeMessages;
    this.#refused = refused;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  room(): Uint8Array | undefined {
    return this.#frames.room();
  }

  feed(chunk: Uint8Array): void {
    const refusal =
      this.#frames.feed(chunk) ??
      (this.#frames.messages.length > MAX_WAITING_MESSAGES
        ? problem("GRPC_TOO_MANY_MESSAGES", { limit: MAX_WAITING_MESSAGES })
        : undefined);
    if (refusal) this.#refuse(refusal);
    else if (this.#holdsBack && this.#frames.messages.length >= MAX_LARGE_WAITING) this.#stream.pause();
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    while (this.#frames.messages.length === 0) {
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const message = this.#frames.messages.shift();
    if (this.#frames.messages.length < MAX_LARGE_WAITING) this.#stream.resume();
    const encoding = this.#stream.headers.get("grpc-encoding") ?? "identity";
    const bytes = message && (await inflated(message, encoding, this.#frames.maxMessageBytes));
    if (bytes instanceof Uint8Array) return { done: false, value: bytes };
    if (bytes) this.#refuse(bytes);
    return { done: true, value: undefined };
  }

  #refuse(reason: Problem): void {
    this.#ended = true;
    this.#refused(reason);
  }
}
