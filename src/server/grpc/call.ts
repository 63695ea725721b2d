// A unary gRPC call and its answer, as data: handlers open no port.
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

export interface GrpcMethod {
  readonly handle: (call: GrpcCall) => Promise<GrpcReply>;
  readonly alignmentHint?: AlignmentHint;
}

/** Methods by their path, such as `/tensorflow.serving.PredictionService/Predict`. */
export type GrpcMethods = ReadonlyMap<string, GrpcMethod>;
