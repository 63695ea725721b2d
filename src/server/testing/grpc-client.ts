// A small gRPC client for tests, over node:http2.
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type SecureClientSessionOptions,
} from "node:http2";
import { FrameReader, framePrefix } from "../grpc/frames.ts";

export interface GrpcAnswer {
  readonly status: number;
  readonly message: string;
  readonly body: Uint8Array | undefined;
}

export class GrpcClient {
  readonly #session: ClientHttp2Session;

  /** To a port of this machine, or wherever `options` lead. */
  constructor(port: number | string, options: SecureClientSessionOptions & { readonly path?: string } = {}) {
    const url = typeof port === "string" ? port : `http://127.0.0.1:${port}`;
    this.#session = connect(url, options);
    // Errors of the connection reach the calls that are in flight.
    this.#session.on("error", () => undefined);
  }

  get closed(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  /** One unary call. With the header grpc-encoding, `message` is already compressed. */
  call(
    path: string,
    message: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<GrpcAnswer> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({
        ":method": "POST",
        ":path": path.startsWith("/") ? path : `/tensorflow.serving.${path}`,
        "content-type": "application/grpc",
        te: "trailers",
        ...headers,
      });
      const frames = new FrameReader();
      let end: Readonly<Record<string, unknown>> = {};
      stream.on("response", (received) => {
        end = received;
      });
      stream.on("trailers", (received) => {
        end = received;
      });
      stream.on("data", (chunk: Uint8Array) => frames.feed(chunk));
      stream.on("end", () =>
        resolve({
          status: Number(end["grpc-status"]),
          message: decodeURIComponent(String(end["grpc-message"] ?? "")),
          body: frames.messages[0]?.bytes,
        }),
      );
      stream.on("error", reject);
      const prefix = framePrefix(message.length);
      prefix[0] = headers["grpc-encoding"] ? 1 : 0;
      stream.end(Buffer.concat([prefix, message]));
    });
  }

  /** A call of many messages. */
  stream(path: string): GrpcStream {
    return new GrpcStream(
      this.#session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc" }),
    );
  }

  /** A call that the client resets at once after sending. */
  abandon(path: string, message: Uint8Array): void {
    const stream = this.#session.request({
      ":method": "POST",
      ":path": `/tensorflow.serving.${path}`,
      "content-type": "application/grpc",
    });
    stream.on("error", () => undefined);
    stream.end(Buffer.concat([framePrefix(message.length), message]));
    setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), 20);
  }

  close(): Promise<void> {
    if (this.#session.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#session.once("close", resolve);
      this.#session.close();
    });
  }
}

/** A call of many messages, from the client's side. */
export class GrpcStream {
  readonly #stream: ClientHttp2Stream;
  readonly #frames = new FrameReader();
  #status: Readonly<Record<string, unknown>> | undefined;
  #wake: () => void = () => undefined;

  constructor(stream: ClientHttp2Stream) {
    this.#stream = stream;
    const take = (headers: Readonly<Record<string, unknown>>): void => {
      if (headers["grpc-status"] !== undefined) this.#status = headers;
      this.#wake();
    };
    stream.on("response", take);
    stream.on("trailers", take);
    stream.on("data", (chunk: Uint8Array) => {
      this.#frames.feed(chunk);
      this.#wake();
    });
    stream.on("error", () => this.#wake());
  }

  send(message: Uint8Array): void {
    this.#stream.write(Buffer.concat([framePrefix(message.length), message]));
  }

  /** The next message, or the status that the call ended with. */
  async next(): Promise<Uint8Array | number> {
    for (;;) {
      const message = this.#frames.messages.shift();
      if (message) return message.bytes;
      if (this.#status) return Number(this.#status["grpc-status"]);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Sends nothing more. */
  end(): void {
    this.#stream.end();
  }

  /** Gives up. */
  cancel(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }
}
