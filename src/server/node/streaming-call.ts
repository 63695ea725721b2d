// A call of many messages and answers, such as a health watch. These are few and small, so that they are simply kept.
// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
// Invariant: a client that sends more than is answered is cut off at MAX_WAITING_MESSAGES; one whose messages may be
// large is held back by flow control before that.
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { Problem, problem } from "../../core/errors.ts";
import type { GrpcStreamMethod } from "../grpc/call.ts";
import { FrameReader } from "../grpc/frames.ts";
import { OK_TRAILERS, statusTrailers } from "../grpc/status.ts";
import { beginAnswer, endWith, headerText, writeMessage } from "./grpc-answer.ts";
import { type CallOptions, inflated } from "./unary-call.ts";
import type { Watch } from "./watch-request.ts";

/** Questions of a few hundred bytes; nobody asks a thousand at once. */
const MAX_WAITING_MESSAGES = 1000;
const MAX_MESSAGE_BYTES = 2 ** 20;
/** Where messages may be large, no more are read while so many wait. */
const MAX_LARGE_WAITING = 8;

/** Reads the call's messages and writes the method's answers until one side ends. */
export function serveStream(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  method: GrpcStreamMethod,
  { log, pace, watch, maxMessageBytes }: CallOptions,
): void {
  const encoding = String(headers["grpc-encoding"] ?? "identity");
  const maxBytes = method.largeMessages ? maxMessageBytes : MAX_MESSAGE_BYTES;
  const inbox = new Inbox(stream, encoding, new FrameReader(maxBytes, method.alignmentHint), method);
  const gone = new AbortController();
  stream.on("data", (chunk: Uint8Array) => {
    pace?.(chunk.length);
    inbox.feed(chunk);
  });
  stream.once("end", () => inbox.end());
  stream.once("close", () => {
    inbox.end();
    gone.abort();
  });
  const header = (name: string): string | undefined => headerText(headers[name]);
  void answerAll(stream, method.stream(inbox, gone.signal, header), watch).catch((error: unknown) => {
    log("error", `gRPC: ${headers[":path"]}: ${error instanceof Error ? error.message : String(error)}`);
    stream.destroy();
  });
}

async function answerAll(
  stream: ServerHttp2Stream,
  replies: AsyncIterable<readonly Uint8Array[] | Problem>,
  watch: Watch | undefined,
): Promise<void> {
  let trailers: Readonly<Record<string, string>> = OK_TRAILERS;
  for await (const reply of replies) {
    if (stream.destroyed) return;
    if (reply instanceof Problem) {
      trailers = statusTrailers(reply);
      break;
    }
    if (!stream.headersSent) beginAnswer(stream, () => trailers);
    await writeMessage(stream, watch ? [...watch.counted(reply)] : reply);
  }
  if (stream.destroyed || stream.writableEnded) return;
  if (!stream.headersSent) beginAnswer(stream, () => trailers);
  // The client may not have ended its side, and would then keep the connection open.
  stream.once("wantTrailers", () => setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR)));
  stream.end();
}

/** The client's messages, in order. */
class Inbox implements AsyncIterableIterator<Uint8Array> {
  readonly #stream: ServerHttp2Stream;
  readonly #encoding: string;
  readonly #frames: FrameReader;
  readonly #holdsBack: boolean;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(
    stream: ServerHttp2Stream,
    encoding: string,
    frames: FrameReader,
    { largeMessages = false }: GrpcStreamMethod,
  ) {
    this.#stream = stream;
    this.#encoding = encoding;
    this.#frames = frames;
    this.#holdsBack = largeMessages;
  }

  [Symbol.asyncIterator](): this {
    return this;
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
    if (this.#frames.messages.length < MAX_LARGE_WAITING && this.#stream.isPaused()) this.#stream.resume();
    const bytes = message && (await inflated(message, this.#encoding, this.#frames.maxMessageBytes));
    if (bytes instanceof Uint8Array) return { done: false, value: bytes };
    if (bytes) this.#refuse(bytes);
    return { done: true, value: undefined };
  }

  #refuse(reason: Problem): void {
    this.#ended = true;
    if (this.#stream.headersSent) this.#stream.close();
    else endWith(this.#stream, reason);
  }
}
