// One unary call: its message inflated, the method's answer sent, and its deadline and the client's leaving passed on.
// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
// Invariant: one request message and one answer a call.
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { gunzip, inflate as unzip } from "node:zlib";
import { FerryError, Problem, problem } from "../../core/errors.ts";
import type { GrpcUnaryMethod } from "../grpc/call.ts";
import { FrameReader, type GrpcMessage } from "../grpc/frames.ts";
import { parseTimeout } from "../grpc/timeout.ts";
import type { Log } from "../log.ts";
import { endWith, headerText, sendMessage } from "./grpc-answer.ts";
import type { Pace } from "./pace-reading.ts";
import type { Watch } from "./watch-request.ts";

export interface CallOptions {
  readonly maxMessageBytes: number;
  readonly log: Log;
  readonly pace: Pace | undefined;
  /** Milliseconds that a client may pause while it sends; 0 is for ever. */
  readonly receiveIdleMs: number;
  readonly watch: Watch | undefined;
}

/** Reads the call and answers it. */
export function serveUnary(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  method: GrpcUnaryMethod,
  { maxMessageBytes, log, pace, receiveIdleMs: milliseconds, watch }: CallOptions,
): void {
  if (milliseconds > 0) {
    stream.setTimeout(milliseconds, () => {
      endWith(stream, problem("REQUEST_STALLED", { milliseconds }));
      // A client that never ends its side would keep the stream for ever.
      setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
    });
  }
  const frames = new FrameReader(maxMessageBytes, method.alignmentHint);
  stream.on("data", (chunk: Uint8Array) => {
    pace?.(chunk.length);
    const refusal = frames.feed(chunk);
    if (refusal) endWith(stream, refusal);
  });
  stream.once("end", () => {
    if (milliseconds > 0) stream.setTimeout(0);
    if (stream.headersSent || stream.destroyed) return;
    void answer(stream, headers, frames, method, { log, watch });
  });
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  frames: FrameReader,
  method: GrpcUnaryMethod,
  { log, watch }: Pick<CallOptions, "log" | "watch">,
): Promise<void> {
  try {
    const message = await onlyMessage(frames, String(headers["grpc-encoding"] ?? "identity"));
    if (message instanceof Problem) {
      endWith(stream, message);
      return;
    }
    const timeoutMs = parseTimeout(headerText(headers["grpc-timeout"]));
    const onCancel = (callback: () => void): void => {
      stream.once("aborted", callback);
    };
    const header = (name: string): string | undefined => headerText(headers[name]);
    const predicted = watch?.predicted;
    const reply = await method.handle({ message, timeoutMs, onCancel, header, predicted });
    if (reply instanceof Problem) endWith(stream, reply);
    else await sendMessage(stream, watch ? [...watch.counted(reply)] : reply);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log("error", `gRPC: ${headers[":path"]}: ${reason}`);
    endWith(stream, error instanceof FerryError ? error.problems[0] : problem("SERVER_INTERNAL", { reason }));
  }
}

/** The one message of a unary call, inflated. */
async function onlyMessage(frames: FrameReader, encoding: string): Promise<Uint8Array | Problem> {
  const [message] = frames.messages;
  const count = frames.messages.length + (frames.atBoundary ? 0 : 1);
  if (!message || count !== 1) return problem("GRPC_NO_MESSAGE", { count });
  return inflated(message, encoding, frames.maxMessageBytes);
}

/** A message's bytes, whatever its compression. */
export function inflated(
  { bytes, compressed }: GrpcMessage,
  encoding: string,
  maxMessageBytes: number,
): Promise<Uint8Array | Problem> | Uint8Array | Problem {
  if (!compressed) return bytes;
  if (encoding === "gzip") return inflate(gunzip, bytes, maxMessageBytes);
  if (encoding === "deflate") return inflate(unzip, bytes, maxMessageBytes);
  return problem("GRPC_ENCODING", { encoding });
}

function inflate(
  method: typeof gunzip,
  bytes: Uint8Array,
  maxOutputLength: number,
): Promise<Uint8Array | Problem> {
  return new Promise((resolve) => {
    method(bytes, { maxOutputLength: Math.min(maxOutputLength, MAX_BUFFER_BYTES) }, (error, inflated) => {
      // A plain array: `slice` of a Buffer would be no copy.
      if (!error) resolve(new Uint8Array(inflated.buffer, inflated.byteOffset, inflated.byteLength));
      else if ((error as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") {
        resolve(problem("GRPC_UNPARSABLE", { message: "compressed stream", reason: error.message }, error));
      } else {
        resolve(
          problem("GRPC_MESSAGE_TOO_LARGE", { size: `more than ${maxOutputLength}`, limit: maxOutputLength }),
        );
      }
    });
  });
}

/** Node's largest buffer. */
const MAX_BUFFER_BYTES = 2 ** 32 - 1;
