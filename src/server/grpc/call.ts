// A gRPC call and its answer, as data: handlers open no port.
import type { Problem } from "../../core/errors.ts";
import type { AlignmentHint } from "./frames.ts";

export interface GrpcCall {
  /** The request's message, inflated. It is the handler's: nothing else writes to it. */
  readonly message: Uint8Array;
  /** Milliseconds that are left. */
  readonly timeoutMs: number | undefined;
  /** Calls back if the client gives up before it was answered. */
  readonly onCancel?: (callback: () => void) => void;
}

/** The answer's message in pieces, or what went wrong. */
export type GrpcReply = readonly Uint8Array[] | Problem;

/** One message, one answer. */
export interface GrpcUnaryMethod {
  readonly handle: (call: GrpcCall) => Promise<GrpcReply>;
  readonly alignmentHint?: AlignmentHint;
}

/** Messages and answers until either side ends. An answer that is a problem ends the call. */
export interface GrpcStreamMethod {
  /** `gone` tells that the client gave up. */
  readonly stream: (messages: AsyncIterable<Uint8Array>, gone: AbortSignal) => AsyncGenerator<GrpcReply>;
}

export type GrpcMethod = GrpcUnaryMethod | GrpcStreamMethod;

/** Methods by their path, such as `/tensorflow.serving.PredictionService/Predict`. */
export type GrpcMethods = ReadonlyMap<string, GrpcMethod>;
