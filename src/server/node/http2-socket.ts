// One HTTP/2 connection over a socket: what comes goes to the state machine, what it wants to say goes out.
// Invariant: what is said within one turn of the event loop is one write; a client that sends much, asks much or does
// not read is left for a later turn, so that others have theirs.
import type { Duplex } from "node:stream";
import { Connection, type ConnectionOptions } from "../http2/connection.ts";
import { NO_ERROR } from "../http2/protocol.ts";
import type { Log } from "../log.ts";
import type { SocketLimits } from "./socket-limits.ts";
import { BYTES_A_TURN, HURRY_MS, type Reading, readInto } from "./socket-reader.ts";

export interface Http2SocketOptions extends Omit<ConnectionOptions, "now" | "wake"> {
  readonly limits: SocketLimits;
  readonly log: Log;
  /** Milliseconds that a client may take nothing of an answer. */
  readonly sendIdleMs?: number | undefined;
}

/** What it may be sent in one. */
const WRITE_BYTES_A_TURN = 256 * 1024;
/** While more than this waits to be written, nothing is read. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** A client that takes nothing of an answer for this long does not want it; nginx waits for 60 s. */
const DEFAULT_SEND_IDLE_MS = 120_000;
/** After the last word, a client has this long to close its side. */
const LINGER_MS = 1000;
/** A client that does not answer the question whether it heard of the end is taken to have heard. */
const DRAIN_ANSWER_MS = 1000;

export class Http2Socket {
  readonly connection: Connection;
  readonly #reading: Reading;
  readonly #socket: Duplex;
  readonly #limits: SocketLimits;
  readonly #log: Log;
  readonly #sendIdleMs: number;
  /** What the state machine left for a later turn. */
  #rest: Uint8Array | undefined;
  #isFlushing = false;
  /** When the socket began to refuse more, in milliseconds. */
  #blockedSinceMs: number | undefined;
  #isEnding = false;
  #idleTimer: NodeJS.Timeout | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();

  /** Serves a connection, of which `beginning` was read already. */
  constructor(
    socket: Duplex,
    { limits, log, sendIdleMs = DEFAULT_SEND_IDLE_MS, ...options }: Http2SocketOptions,
    beginning?: Uint8Array,
  ) {
    this.#limits = limits;
    this.#sendIdleMs = sendIdleMs;
    this.#log = log;
    this.connection = new Connection({ ...options, now: () => performance.now(), wake: () => this.#wake() });
    this.#reading = readInto(socket, {
      room: () => (this.#rest ? undefined : this.connection.room()),
      least: () => (this.#rest ? 1 : this.connection.least),
      take: (bytes) => this.#take(bytes),
    });
    this.#socket = this.#reading.socket;
    this.#socket.on("drain", () => this.#unblocked());
    this.#socket.on("error", (error) => log("debug", `gRPC: ${error.message}`));
    this.#socket.once("end", () => this.#ended());
    this.#socket.once("close", () => this.#closed());
    this.#wake();
    if (limits.headerTimeoutMs > 0) {
      this.after(limits.headerTimeoutMs, () => {
        if (!this.connection.isGreeted) this.destroy();
      });
    }
    if (beginning) this.#take(beginning);
  }

  /** Asks the client to begin no more calls; the connection ends with those that it has. */
  beginDrain(): void {
    if (!this.connection.isGreeted) {
      this.destroy();
      return;
    }
    this.connection.beginDrain();
    this.after(DRAIN_ANSWER_MS, () => this.connection.endDrain());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Calls back unless the connection is closed before. */
  after(milliseconds: number, callback: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, milliseconds);
    this.#timers.add(timer.unref());
  }

  #take(bytes: Uint8Array): void {
    if (this.#rest) this.#rest = Buffer.concat([this.#rest, bytes]);
    else {
      const taken = this.connection.receive(bytes);
      if (taken < bytes.length) this.#rest = new Uint8Array(bytes.subarray(taken)); // a copy, since `bytes` is lent
    }
    if (this.connection.inFlight > 0) this.#watchIdle();
    const isEnough = this.#rest !== undefined || this.#reading.bytesThisTurn() >= BYTES_A_TURN;
    if (isEnough || this.connection.waitingBytes > MAX_WAITING_BYTES) this.#pause();
  }

  #pause(): void {
    if (this.#socket.isPaused()) return;
    this.#socket.pause();
    setImmediate(this.#goOn);
  }

  readonly #goOn = (): void => {
    if (this.#socket.destroyed) return;
    const rest = this.#rest;
    if (rest) {
      const taken = this.connection.receive(rest);
      this.#rest = taken < rest.length ? rest.subarray(taken) : undefined;
      if (this.#rest) {
        setImmediate(this.#goOn);
        return;
      }
    }
    // A client that does not read is not read from either; #unblocked goes on.
    if (this.#blockedSinceMs !== undefined && this.connection.waitingBytes > MAX_WAITING_BYTES) return;
    this.#socket.resume();
  };

  #wake(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    // After everything that this turn's calls still do, so that their answers go out together.
    process.nextTick(this.#flush);
  }

  readonly #flush = (): void => {
    this.#isFlushing = false;
    const { connection } = this;
    if (this.#blockedSinceMs !== undefined || this.#isEnding || this.#socket.destroyed) return;
    const pieces = connection.take(WRITE_BYTES_A_TURN);
    if (pieces.length > 0 && !this.#write(pieces)) {
      this.#blockedSinceMs = performance.now();
      this.#watchIdle();
    } else if (connection.hasMore) this.#later();
    else if (connection.isOver) this.#end();
  };

  /** Goes on in another turn. */
  #later(): void {
    this.#isFlushing = true;
    setImmediate(this.#flush);
  }

  #write(pieces: readonly Uint8Array[]): boolean {
    const [first] = pieces;
    if (pieces.length === 1) return this.#socket.write(first);
    this.#socket.cork();
    let goesOn = true;
    for (const piece of pieces) goesOn = this.#socket.write(piece);
    this.#socket.uncork();
    return goesOn;
  }

  #unblocked(): void {
    this.#blockedSinceMs = undefined;
    if (!this.#isFlushing) this.#later();
    if (this.#socket.isPaused()) setImmediate(this.#goOn);
  }

  /** Says the last word, and closes once the client has done so or had the time to. */
  #end(): void {
    const { error } = this.connection;
    if (error && error.code !== NO_ERROR) this.#log("debug", `gRPC: ${error.message}`);
    this.#isEnding = true;
    this.#socket.end();
    this.after(LINGER_MS, () => this.destroy());
  }

  /** The client sends nothing more, which with HTTP/2 means that it wants nothing more. */
  #ended(): void {
    this.connection.closed();
    this.#socket.end();
    this.after(LINGER_MS, () => this.destroy());
  }

  #closed(): void {
    this.connection.closed();
    clearTimeout(this.#idleTimer);
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** One timer for all that waits for the client: requests, answers, and the socket. */
  #watchIdle(milliseconds = this.#idleMs): void {
    this.#idleTimer ??= setTimeout(() => {
      this.#idleTimer = undefined;
      const next = this.#endIdle(performance.now());
      const isWaiting = this.connection.inFlight > 0 || this.#blockedSinceMs !== undefined;
      if (isWaiting) this.#watchIdle(Math.max(1, next));
    }, milliseconds).unref();
  }

  get #idleMs(): number {
    return Math.min(this.#limits.receiveIdleMs || this.#sendIdleMs, this.#sendIdleMs);
  }

  /** Ends what has waited for too long; milliseconds until something else may have. */
  #endIdle(nowMs: number): number {
    const { receiveIdleMs } = this.#limits;
    if (this.#blockedSinceMs !== undefined && nowMs - this.#blockedSinceMs >= this.#sendIdleMs) {
      this.destroy();
      return this.#idleMs;
    }
    let next = this.#idleMs;
    for (const stream of [...this.connection.openStreams]) {
      if (stream.waitingBytes > 0) {
        const left = stream.sentMs + this.#sendIdleMs - nowMs;
        if (left <= 0) stream.reset();
        else next = Math.min(next, left);
      } else if (stream.receiving && stream.sink.stalled && receiveIdleMs > 0) {
        const left = stream.receivedMs + receiveIdleMs - nowMs;
        if (left <= 0 && this.#reading.hurry()) next = Math.min(next, HURRY_MS);
        else if (left <= 0) stream.sink.stalled();
        else next = Math.min(next, left);
      }
    }
    return next;
  }
}
