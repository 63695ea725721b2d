// One connection over HTTP/1.1: its bytes to requests, one after the other, and their answers back.
// Source: RFC 9112.
// Invariant: one request at a time. What came behind it waits, and nothing more is read, until its answer is written and
// its own last byte was there; a request whose end is not sure closes the connection.
// Not here: the grammar (http1/), answers (http1-answer.ts), which connections are late (http1.ts).
import type { Duplex } from "node:stream";
import { FerryError, problem } from "../../core/errors.ts";
import {
  type HeadRefusal,
  MAX_HEAD_BYTES,
  mayBegin,
  parseHead,
  type RequestHead,
} from "../http1/request-head.ts";
import { inTurn } from "../in-turn.ts";
import type { RestHandler, RestResponse } from "../rest/message.ts";
import { attempt, type Soon, soon } from "../soon.ts";
import { errorResponse } from "../tensorflow-serving/rest/errors.ts";
import type { RestServerOptions } from "./http1.ts";
import { writeAnswer } from "./http1-answer.ts";
import { answerHead } from "./http1-head.ts";
import { Http1Request } from "./http1-request.ts";
import type { BodySource } from "./request-body.ts";
import type { SocketLimits } from "./socket-limits.ts";
import { BYTES_A_TURN, type ByteTaker, type Reading, readInto } from "./socket-reader.ts";
import { RestWatch } from "./watch-request.ts";

/** What a connection may bring in one turn that is looked at as it comes: libuv goes on reading while there is more. */
const LOOKED_AT_BYTES_A_TURN = 256 * 1024;
/** What is left of a body that nobody wants is waited for up to here; a connection with more to come is closed. */
const THROWN_AWAY_BYTES = 64 * 1024;
/**
 * Many look for their answer only when they have sent everything, so the rest of a body is read on though it is answered.
 * Whoever pauses for longer is gone, or never meant to send it.
 */
const LONGEST_PAUSE_MS = 5000;
/** How long the other side of a closed connection may stay open: cut at once, the answer might be lost on its way. */
const LINGER_MS = 2000;
/** Characters of a head that is remembered: an idle connection should hold little. */
const MAX_LAST_HEAD = 1024;
/** The status of a request that is waited for no longer. */
const STALLED = 408;
const END_OF_HEAD = Buffer.from("\r\n\r\n");
const CR = 0x0d;
const LF = 0x0a;

/** What the connections of a server share. */
export interface Http1Context extends RestServerOptions {
  readonly handle: RestHandler;
  readonly limits: SocketLimits;
  isDraining: boolean;
  inFlight: number;
}

/** Before its first byte, between requests, within a head, within a request, within a body nobody wants, closing. */
export type Phase = "new" | "idle" | "head" | "request" | "rest" | "closing";

export class Http1Connection implements BodySource, ByteTaker {
  phase: Phase = "new";
  /** When the phase began, in milliseconds of performance.now(). */
  since = performance.now();
  readonly #reading: Reading;
  readonly #socket: Duplex;
  readonly #context: Http1Context;
  /** Whether it brought as much as it may, and waits for the next turn. */
  #isPaced = false;
  /** Bytes that nobody took yet. */
  #unread: Buffer | undefined;
  #request: Http1Request | undefined;
  #bodyWaits = false;
  /** The last request's head. */
  #last: { readonly text: string; readonly head: RequestHead } | undefined;
  /** Ends the wait for the rest of a body; whether the connection ends with it. */
  #rest: { readonly timer: NodeJS.Timeout; readonly isLast: boolean } | undefined;

  /** `beginning` was read from the socket already. */
  constructor(socket: Duplex, context: Http1Context, beginning?: Uint8Array) {
    this.#context = context;
    this.#reading = readInto(socket, this);
    this.#socket = this.#reading.socket;
    this.#socket.on("error", (error) => context.log("debug", `REST: ${error.message}`));
    this.#socket.once("close", () => this.#closed());
    if (beginning) this.take(beginning);
  }

  /** For the socket's reader. */
  room(): Uint8Array | undefined {
    return this.#request?.incoming?.room();
  }

  /** For the socket's reader. */
  least(): number {
    return this.#request?.incoming?.least() ?? 1;
  }

  /** For the socket's reader. */
  take(piece: Uint8Array): void {
    if (this.phase === "closing") return;
    const incoming = this.#request?.incoming;
    if (!this.#isBusy) this.#read(this.#unread ? Buffer.concat([this.#unread, piece]) : piece);
    else if (!incoming) this.#keep(piece);
    else {
      this.#pace(incoming.least() > 1 ? BYTES_A_TURN : LOOKED_AT_BYTES_A_TURN);
      const end = incoming.feed(piece, 0);
      if (end < piece.length) this.#keep(piece.subarray(end));
      if (this.#rest && incoming.isComplete) this.#endRest();
      else this.#rest?.timer.refresh();
    }
  }

  pause(): void {
    this.#bodyWaits = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#bodyWaits = false;
    this.#flow();
  }

  hurry(): boolean {
    return this.#reading.hurry();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Closes a connection whose next head is late. */
  timeOut(): void {
    this.#refuse(STALLED);
  }

  /** Bytes behind the request at hand: nothing is read on top of them. */
  #keep(bytes: Uint8Array): void {
    this.#unread = Buffer.concat(this.#unread ? [this.#unread, bytes] : [bytes]);
    this.#socket.pause();
  }

  /** Whether bytes behind the request at hand have to wait; also while the next one has to. */
  get #isBusy(): boolean {
    return this.phase === "request" || this.phase === "rest";
  }

  #pace(mostBytes: number): void {
    if (this.#isPaced || this.#reading.bytesThisTurn() < mostBytes) return;
    this.#isPaced = true;
    this.#socket.pause();
    setImmediate(() => {
      this.#isPaced = false;
      this.#flow();
    });
  }

  /** Reads on, unless something stands against it. */
  #flow(): void {
    const keepsSome = this.#isBusy && this.#unread !== undefined;
    if (!this.#bodyWaits && !keepsSome && !this.#isPaced) this.#socket.resume();
  }

  /** Bytes that begin with a head, as far as it came. */
  #read(piece: Uint8Array): void {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    this.#unread = undefined;
    let start = 0;
    // Empty lines before a request are passed over (RFC 9112, 2.2).
    while (bytes[start] === CR && bytes[start + 1] === LF) start += 2;
    if (start === bytes.length) return;
    const end = bytes.indexOf(END_OF_HEAD, start);
    if ((end < 0 ? bytes.length : end) > MAX_HEAD_BYTES) {
      this.#refuse(431);
    } else if (end < 0 && !mayBegin(bytes, start)) {
      this.#refuse(400);
    } else if (end < 0) {
      this.#unread = Buffer.from(bytes);
      if (this.phase === "idle") this.#enter("head");
      else this.phase = "head"; // whose time runs already
    } else {
      const head = this.#parseHead(bytes.toString("latin1", start, end));
      if (typeof head === "number") this.#refuse(head);
      else this.#begin(head, bytes.subarray(end + END_OF_HEAD.length));
    }
  }

  /** A client mostly sends the same head again. */
  #parseHead(text: string): RequestHead | HeadRefusal {
    if (this.#last?.text === text) return this.#last.head;
    const head = parseHead(text);
    this.#last = typeof head === "number" || text.length > MAX_LAST_HEAD ? undefined : { text, head };
    return head;
  }

  #begin(head: RequestHead, bytes: Uint8Array): void {
    const { answered, limits } = this.#context;
    const watch = answered && new RestWatch(`${head.method} ${head.url}`, answered);
    const request = new Http1Request(head, bytes, { source: this, idleMs: limits.receiveIdleMs, watch });
    this.phase = "request";
    this.#request = request;
    if (request.behind.length > 0) this.#keep(request.behind);
    inTurn(() => this.#answer(request));
    request.incoming?.body.endLending();
  }

  #answer(request: Http1Request): void {
    const { limits, isLight } = this.#context;
    const isLimited = limits.requests && !isLight?.(request.url, request.method);
    const requests = isLimited ? limits.requests : undefined;
    const refusal = requests?.enter();
    this.#context.inFlight++;
    if (refusal) request.incoming?.body.throwAway();
    const response = refusal ? errorResponse(refusal) : this.#handled(request);
    const sent = attempt(
      () => soon(response, (made) => this.#send(request, made)),
      (error) => this.#broken(request, error),
    );
    void soon(sent, () => {
      if (requests && !refusal) requests.leave();
      this.#context.inFlight--;
      this.#tell(request);
    });
  }

  #handled(request: Http1Request): Soon<RestResponse> {
    if (request.head.expectsContinue && request.incoming) {
      this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
    }
    return attempt(
      () => this.#context.handle(request),
      (error) => {
        const reason = textOf(error);
        this.#context.log("error", `REST: ${request.method} ${request.url}: ${reason}`);
        return errorResponse(
          error instanceof FerryError ? error.problems[0] : problem("SERVER_INTERNAL", { reason }),
        );
      },
    );
  }

  #send(request: Http1Request, response: RestResponse): Soon<void> {
    const closes = this.#closesBehind(request, response);
    return soon(writeAnswer(this.#socket, request, response, closes), (isLast) =>
      this.#answered(request, response, isLast),
    );
  }

  /** The answer could not be made to its end; its client must not take it for whole. */
  #broken({ method, url }: Http1Request, error: unknown): void {
    this.#context.log("debug", `REST: ${method} ${url}: ${textOf(error)}`);
    this.destroy();
  }

  /** Whether a request is the last one, as its client wants it or because nobody may read the rest of it. */
  #closesBehind({ head, incoming }: Http1Request, { status }: RestResponse): boolean {
    if (!head.keepAlive || this.#context.isDraining) return true;
    if (!incoming || incoming.isComplete) return false;
    // A client that was not asked for its body may take it that it need not send it.
    return head.expectsContinue || status === STALLED || !incoming.endsWithin(THROWN_AWAY_BYTES);
  }

  #answered({ incoming }: Http1Request, { status }: RestResponse, isLast: boolean): void {
    if (this.#socket.destroyed) return;
    if (!incoming || incoming.isComplete || incoming.isWrong || status === STALLED) {
      if (isLast) this.#close();
      else this.#next();
      return;
    }
    this.phase = "rest";
    this.#rest = { isLast, timer: setTimeout(() => this.#close(), LONGEST_PAUSE_MS) };
    incoming.body.throwAway();
  }

  #endRest(): void {
    const isLast = this.#rest?.isLast;
    clearTimeout(this.#rest?.timer);
    this.#rest = undefined;
    if (isLast) this.#close();
    else this.#next();
  }

  #tell({ watch, received }: Http1Request): void {
    if (!watch) return;
    watch.bytesIn = received;
    watch.end(!this.#socket.destroyed);
  }

  /** The request is over, and the connection may have another one. */
  #next(): void {
    const socket = this.#socket;
    this.#request = undefined;
    this.#bodyWaits = false;
    if (!this.#unread) {
      this.#enter("idle");
      if (socket.isPaused()) this.#flow();
      return;
    }
    // Whoever sends many at once leaves turns to others.
    this.phase = "request";
    setImmediate(() => {
      if (socket.destroyed || !this.#unread) return;
      this.#enter("idle");
      this.#read(this.#unread);
      this.#flow();
    });
  }

  /** Answers what is no request that anybody could answer. */
  #refuse(status: number): void {
    const end = { status, headers: {}, end: 0, keepAliveSeconds: undefined };
    if (this.#socket.writable) this.#socket.write(answerHead(end), "latin1");
    this.#close();
  }

  /** Ends our side when everything is sent; what still comes is thrown away. */
  #close(): void {
    const socket = this.#socket;
    this.phase = "closing";
    this.#request = undefined;
    this.#unread = undefined;
    socket.end(() => {
      const cut = setTimeout(() => socket.destroy(), LINGER_MS).unref();
      socket.once("close", () => clearTimeout(cut));
    });
    socket.resume();
  }

  #closed(): void {
    clearTimeout(this.#rest?.timer);
    this.#unread = undefined;
    this.#request?.incoming?.body.fail(new Error("the connection was closed"));
    this.#request?.cancel();
  }

  #enter(phase: Phase): void {
    this.phase = phase;
    this.since = performance.now();
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
