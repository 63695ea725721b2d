// A gRPC call and its answer, as data: handlers open no port.
import type { Problem } from "../../core/errors.ts";
import type { PredictionListener } from "../predict/prediction-event.ts";
import type { Soon } from "../soon.ts";
import type { AlignmentHint } from "./frames.ts";

export interface GrpcCall {
  /** The request's message, inflated. It is the handler's: nothing else writes to it; but see returnsMessage. */
  readonly message: Uint8Array;
  /** Milliseconds that are left. */
  readonly timeoutMs: number | undefined;
  /** Calls back if the client gives up before it was answered. */
  readonly onCancel?: (callback: () => void) => void;
  /** A header by its lower-case name. */
  readonly header?: (name: string) => string | undefined;
  /** To be told of each prediction that is made for the call. */
  readonly predicted?: PredictionListener | undefined;
}

/** The answer's message in pieces, or what went wrong. */
export type GrpcReply = readonly Uint8Array[] | Problem;

/** One message, one answer. */
export interface GrpcUnaryMethod {
  readonly handle: (call: GrpcCall) => Soon<GrpcReply>;
  readonly alignmentHint?: AlignmentHint;
  /** Whether nothing of the message is read any more once it was answered without a problem. */
  readonly returnsMessage?: boolean;
  /** Whether it costs next to nothing, and is answered also where the server takes no more requests. */
  readonly light?: boolean;
}

/** Messages and answers until either side ends. An answer that is a problem ends the call. */
export interface GrpcStreamMethod {
  /** Whether messages may be as large as those of unary calls; without it they are questions of some bytes. */
  readonly largeMessages?: boolean;
  readonly alignmentHint?: AlignmentHint;
  /** `gone` tells that the client gave up; `header` gives the call's headers by lower-case name. */
  readonly stream: (
    messages: AsyncIterable<Uint8Array>,
    gone: AbortSignal,
    header?: (name: string) => string | undefined,
  ) => AsyncGenerator<GrpcReply>;
}

export type GrpcMethod = GrpcUnaryMethod | GrpcStreamMethod;

/** Methods by their path, such as `/tensorflow.serving.PredictionService/Predict`. */
export type GrpcMethods = ReadonlyMap<string, GrpcMethod>;
