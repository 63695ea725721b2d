// A server over gRPC: any that speaks TensorFlow Serving's PredictionService, over one connection.
// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
// A connection that breaks fails the calls on it; the next call opens another.
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
} from "node:http2";
import { FrameReader, framePrefix } from "../server/grpc/frames.ts";
import { statusName } from "../server/status-names.ts";
import { readAnswer } from "./read-answer.ts";
import type { LoggedRequest } from "./read-requests.ts";
import type { Answer, Failure, Target, Timed } from "./target.ts";

/** What the server may send before it waits for us, so that large answers do not. */
const WINDOW_BYTES = 64 * 2 ** 20;

interface Received {
  readonly frames: FrameReader;
  readonly end: IncomingHttpHeaders;
}

export class GrpcTarget implements Target {
  readonly address: string;
  readonly #url: string;
  readonly #timeoutMs: number;
  #session: ClientHttp2Session | undefined;

  /** `url` is http or https with host and port. */
  constructor(address: string, url: string, timeoutMs: number) {
    this.address = address;
    this.#url = url;
    this.#timeoutMs = timeoutMs;
  }

  async send({ method, request }: LoggedRequest): Promise<Timed> {
    const began = performance.now();
    const received = await this.#call(`/tensorflow.serving.PredictionService/${method}`, request);
    const milliseconds = performance.now() - began;
    return { milliseconds, answer: "frames" in received ? await answerOf(method, received) : received };
  }

  async close(): Promise<void> {
    this.#session?.destroy();
  }

  #call(path: string, message: Uint8Array): Promise<Received | Failure> {
    return new Promise((resolve) => {
      const broken = (error: Error): void => resolve({ status: "UNAVAILABLE", message: error.message });
      try {
        const stream = this.#request(path);
        stream.setTimeout(this.#timeoutMs, () => {
          resolve({ status: "DEADLINE_EXCEEDED", message: `no answer for ${this.#timeoutMs} ms` });
          stream.close();
        });
        receive(stream, resolve);
        stream.on("error", broken);
        stream.write(framePrefix(message.length));
        stream.end(message);
      } catch (error) {
        broken(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  #request(path: string): ClientHttp2Stream {
    if (!this.#session || this.#session.closed || this.#session.destroyed) this.#session = this.#connect();
    return this.#session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      "grpc-timeout": `${this.#timeoutMs}m`,
    });
  }

  #connect(): ClientHttp2Session {
    const session = connect(this.#url, { settings: { initialWindowSize: WINDOW_BYTES } });
    session.on("error", () => undefined); // told to each call on it
    session.once("connect", () => session.setLocalWindowSize(WINDOW_BYTES));
    return session;
  }
}

function receive(stream: ClientHttp2Stream, resolve: (received: Received | Failure) => void): void {
  const frames = new FrameReader();
  let end: IncomingHttpHeaders = {};
  const take = (headers: IncomingHttpHeaders): void => {
    end = headers;
  };
  stream.on("response", take);
  stream.on("trailers", take);
  stream.on("data", (piece: Uint8Array) => {
    const refusal = frames.feed(piece);
    if (refusal) resolve({ status: "RESOURCE_EXHAUSTED", message: refusal.message });
  });
  stream.once("close", () => resolve({ frames, end }));
}

async function answerOf(method: LoggedRequest["method"], { frames, end }: Received): Promise<Answer> {
  const status = end["grpc-status"];
  if (status === undefined) {
    return { status: "UNAVAILABLE", message: `no gRPC answer (HTTP status ${end[":status"] ?? "none"})` };
  }
  if (status !== "0") {
    return { status: statusName(Number(status)), message: decoded(String(end["grpc-message"] ?? "")) };
  }
  const [message] = frames.messages;
  return message
    ? readAnswer(method, message.bytes)
    : { status: "INTERNAL", message: "an answer without a message" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not escaped as gRPC wants it
  }
}
