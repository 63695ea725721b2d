// Follows one request from its first byte to its last, for whoever logs it.
// Invariant: each request is told once, when its stream is closed, whether or not it was answered. Nothing is counted
// element by element.
import type { AnsweredRequest } from "../access-log/access-log.ts";
import type { PredictionEvent, PredictionListener } from "../predict/prediction-event.ts";
import { statusName } from "../status-names.ts";

export type RequestListener = (request: AnsweredRequest) => void;

class Watch {
  /** Of the bodies. */
  bytesIn = 0;
  bytesOut = 0;
  readonly #call: string;
  readonly #tell: RequestListener;
  readonly #began = performance.now();
  #prediction: PredictionEvent | undefined;

  constructor(call: string, tell: RequestListener) {
    this.#call = call;
    this.#tell = tell;
  }

  /** To be told of the predictions that the request makes; the last one is logged. */
  readonly predicted: PredictionListener = (event) => {
    this.#prediction = event;
  };

  protected tell(protocol: AnsweredRequest["protocol"], status: string, failed: boolean): void {
    const micros = Math.round((performance.now() - this.#began) * 1000);
    const { bytesIn, bytesOut } = this;
    const prediction = this.#prediction;
    this.#tell({ protocol, call: this.#call, status, failed, bytesIn, bytesOut, micros, prediction });
  }
}

/** Follows a call over gRPC. */
export class GrpcWatch extends Watch {
  /** A piece of a message came. */
  receive(piece: Uint8Array): void {
    this.bytesIn += piece.length;
  }

  /** An answer that is sent at once. */
  sent(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.bytesOut += piece.length;
  }

  /** The call is over; `status` is gRPC's number. */
  end(status: number): void {
    this.tell("gRPC", statusName(status), status !== 0);
  }
}

/** nginx's status of a request whose client left before it was answered. */
const CLIENT_GONE = 499;

/** Follows a request over HTTP/1.1. */
export class RestWatch extends Watch {
  /** The answer's, once one begins. */
  status = CLIENT_GONE;

  /** The answer was written, or the client left before it was. */
  end(isAnswered: boolean): void {
    const status = isAnswered ? this.status : CLIENT_GONE;
    this.tell("REST", String(status), status >= 400);
  }
}
