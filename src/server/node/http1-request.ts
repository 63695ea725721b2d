// A request over HTTP/1.1 as handlers see it.
import { fieldOf, type RequestHead } from "../http1/request-head.ts";
import type { RestRequest } from "../rest/message.ts";
import { IncomingBody } from "./incoming-body.ts";
import type { BodySource } from "./request-body.ts";
import type { RestWatch } from "./watch-request.ts";

const NO_BODY: readonly Uint8Array[] = [];

export class Http1Request implements RestRequest {
  readonly head: RequestHead;
  readonly method: string;
  readonly url: string;
  readonly body: RestRequest["body"];
  /** What still brings the body; undefined for one that came whole with its head. */
  readonly incoming: IncomingBody | undefined;
  readonly takeBody: RestRequest["takeBody"];
  /** Bytes that came behind the request. */
  readonly behind: Uint8Array;
  readonly watch: RestWatch | undefined;
  readonly predicted: RestRequest["predicted"];
  #cancelled: (() => void)[] | undefined;

  /** `bytes` are those behind the head. They are the caller's again once the body of `incoming` has ended its lending. */
  constructor(
    head: RequestHead,
    bytes: Uint8Array,
    parts: {
      readonly source: BodySource;
      readonly idleMs: number;
      readonly watch: RestWatch | undefined;
    },
  ) {
    const { bodyLength } = head;
    this.head = head;
    this.method = head.method;
    this.url = head.url;
    this.watch = parts.watch;
    this.predicted = parts.watch?.predicted;
    if (bodyLength !== "chunked" && bodyLength <= bytes.length) {
      this.body = bodyLength === 0 ? NO_BODY : [Buffer.from(bytes.subarray(0, bodyLength))];
      this.behind = bytes.subarray(bodyLength);
    } else {
      this.incoming = new IncomingBody(bodyLength, parts.source, parts.idleMs);
      const { body } = this.incoming;
      this.body = body;
      this.takeBody = (taker) => body.giveTo(taker);
      // No Buffer, whose slices would not be copies.
      const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
      this.behind = bytes.subarray(this.incoming.feed(plain, 0));
    }
  }

  /** Bytes of the body so far. */
  get received(): number {
    if (this.incoming) return this.incoming.received;
    return this.head.bodyLength === "chunked" ? 0 : this.head.bodyLength;
  }

  // Both are handed on without the request.
  readonly header = (name: string): string | undefined => fieldOf(this.head.fields, name);

  readonly onCancel = (callback: () => void): void => {
    this.#cancelled ??= [];
    this.#cancelled.push(callback);
  };

  /** The client is gone. */
  cancel(): void {
    for (const callback of this.#cancelled ?? []) callback();
  }
}
