// A small gRPC client for tests, over node:http2.
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { FrameReader, framePrefix } from "../grpc/frames.ts";

export interface GrpcAnswer {
  readonly status: number;
  readonly message: string;
  readonly body: Uint8Array | undefined;
}

export class GrpcClient {
  readonly #session: ClientHttp2Session;

  constructor(port: number) {
    this.#session = connect(`http://127.0.0.1:${port}`);
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
        ":path": `/tensorflow.serving.${path}`,
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
    return new Promise((resolve) => this.#session.close(resolve));
  }
}
