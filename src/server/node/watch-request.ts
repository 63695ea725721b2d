// Follows one request from its first byte to its last, for whoever logs it.
// Invariant: each request is told once, when its stream is closed, whether or not it was answered. Nothing is counted
// element by element.
import type { AnsweredRequest } from "../access-log/access-log.ts";
import type { PredictionEvent, PredictionListener } from "../predict/prediction-event.ts";
import { statusName } from "../status-names.ts";

export type RequestListener = (request: AnsweredRequest) => void;

export class Watch {
  readonly #began = performance.now();
  #prediction: PredictionEvent | undefined;
  #bytesIn = 0;
  #bytesOut = 0;

  /** To be told of the predictions that the request makes; the last one is logged. */
  readonly predicted: PredictionListener = (event) => {
    this.#prediction = event;
  };

  readonly receive = (piece: Uint8Array): void => {
    this.#bytesIn += piece.length;
  };

  /** The answer's pieces, counted as they go. */
  *counted(pieces: Iterable<Uint8Array>): Generator<Uint8Array, void> {
    for (const piece of pieces) {
      this.#bytesOut += piece.length;
      yield piece;
    }
  }

  /** An answer that is sent at once. */
  sent(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.#bytesOut += piece.length;
  }

  facts(): Pick<AnsweredRequest, "bytesIn" | "bytesOut" | "micros" | "prediction"> {
    const micros = Math.round((performance.now() - this.#began) * 1000);
    return { bytesIn: this.#bytesIn, bytesOut: this.#bytesOut, micros, prediction: this.#prediction };
  }
}

/** Follows a call over gRPC. */
export class GrpcWatch extends Watch {
  readonly #path: string;
  readonly #tell: RequestListener;

  constructor(path: string, tell: RequestListener) {
    super();
    this.#path = path;
    this.#tell = tell;
  }

  /** The call is over; `status` is gRPC's number. */
  end(status: number): void {
    const named = statusName(status);
    this.#tell({ protocol: "gRPC", call: this.#path, status: named, failed: status !== 0, ...this.facts() });
  }
}
