// The body of a request that did not come whole with its head: which of the connection's bytes are its, and whether all
// of them came.
// Not here: who reads it (request-body.ts).
import { ChunkedBody } from "../http1/chunked-body.ts";
import { type BodySource, RequestBody } from "./request-body.ts";

export class IncomingBody {
  /** For whoever answers the request. */
  readonly body: RequestBody;
  /** Bytes of its contents so far. */
  received = 0;
  readonly #chunks: ChunkedBody | undefined;
  /** Bytes to come, of a body that is not chunked. */
  #left: number;
  readonly #push = (piece: Uint8Array): void => {
    this.received += piece.length;
    this.body.push(piece);
  };

  constructor(length: number | "chunked", source: BodySource, idleMs: number) {
    this.body = new RequestBody(source, idleMs);
    this.#chunks = length === "chunked" ? new ChunkedBody() : undefined;
    this.#left = length === "chunked" ? Number.POSITIVE_INFINITY : length;
  }

  /** Where its next bytes shall be, if anywhere. */
  room(): Uint8Array | undefined {
    return this.body.room();
  }

  /** How many of the bytes that will come are of no use before all of them are there. */
  least(): number {
    return this.#chunks ? 1 : Math.min(this.body.least(), this.#left);
  }

  /** Takes what is its own of the bytes from `from` on, and returns where that ends. They are the caller's again. */
  feed(bytes: Uint8Array, from: number): number {
    if (this.body.isComplete) return from;
    const end = this.#chunks ? this.#chunks.feed(bytes, from, this.#push) : this.#feedPlain(bytes, from);
    if (this.#chunks?.isDone || this.#left === 0) this.body.complete();
    if (this.#chunks?.isWrong) this.body.fail(new Error("the body is not chunked as it should be"));
    return end;
  }

  /** Whether its end cannot be made out any more. */
  get isWrong(): boolean {
    return this.#chunks?.isWrong === true;
  }

  get isComplete(): boolean {
    return this.body.isComplete;
  }

  /** Whether its end is known and at most so many bytes away. */
  endsWithin(bytes: number): boolean {
    return this.isComplete || this.#left <= bytes;
  }

  #feedPlain(bytes: Uint8Array, from: number): number {
    const piece = bytes.subarray(from, from + this.#left);
    this.#left -= piece.length;
    if (piece.length > 0) this.#push(piece);
    return from + piece.length;
  }
}
