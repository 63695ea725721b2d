// The server's side of an HTTP/2 connection as a state machine: bytes in, calls and bytes out. It touches no socket.
// Source: RFC 9113. Priorities are read and not followed (5.3.2); nothing is pushed.
// Invariant: whatever a client sends, receive() does not throw, and memory is bounded by the limits (limits.ts), the
// windows, and what the sinks keep.
// Not here: frames (frame-parser.ts), headers (header-*.ts), calls (calls.ts), what is sent when (sender.ts), sockets
// (node/http2-socket.ts).
import { Calls, type CallsOptions } from "./calls.ts";
import { FrameParser } from "./frame-parser.ts";
import type { SentField } from "./header-encoder.ts";
import { MAX_CONTROL_FRAME_BYTES, MAX_FRAME_BYTES, SMALL_UPDATE_BYTES } from "./limits.ts";
import * as h2 from "./protocol.ts";
import { broken, ConnectionError, tooMany } from "./protocol.ts";
import { Sender } from "./sender.ts";
import { greeting, PeerSettings } from "./settings.ts";
import type { Stream } from "./stream.ts";

export interface ConnectionOptions extends CallsOptions {
  /** Headers that answers repeat, told by their identity. */
  readonly repeated: Iterable<SentField>;
}

/** Less than this is read faster with what follows it. */
const MIN_ROOM_BYTES = 32 * 1024;
/** Calls that one receive() begins, before others have a turn: about 200 us of work. */
const CALLS_A_TURN = 16;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #parser: FrameParser;
  readonly #peer = new PeerSettings();
  readonly #sender: Sender;
  readonly #calls: Calls;
  #isGreeted = false;
  #isDraining = false;
  #error: ConnectionError | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#sender = new Sender(this.#peer, options.repeated);
    this.#calls = new Calls(options, this.#peer, this.#sender);
    const limits = { maxFrameBytes: MAX_FRAME_BYTES, maxControlFrameBytes: MAX_CONTROL_FRAME_BYTES };
    this.#parser = new FrameParser(
      {
        dataBegins: (id, length) => {
          this.#expectFrames(h2.DATA, id);
          this.#calls.dataBegins(id, length);
        },
        data: (piece) => this.#calls.data(piece),
        dataEnds: (flags) => this.#calls.dataEnds(flags),
        frame: (type, flags, id, payload) => this.#frame(type, flags, id, payload),
      },
      limits,
    );
    this.#sender.bytes(greeting(options.maxConcurrentStreams));
  }

  /** Calls that are not over. */
  get inFlight(): number {
    return this.#calls.numbers.open.size;
  }

  get openStreams(): Iterable<Stream> {
    return this.#calls.numbers.open.values();
  }

  /** Whether the client said hello. */
  get isGreeted(): boolean {
    return this.#isGreeted;
  }

  /** Why it ends, if the client made a mistake. */
  get error(): ConnectionError | undefined {
    return this.#error;
  }

  /** Whether nothing will be sent once what is left was taken. */
  get isOver(): boolean {
    return this.#error !== undefined || this.#calls.isOver;
  }

  /** Bytes of frames that wait to be taken. */
  get waitingBytes(): number {
    return this.#sender.waitingBytes;
  }

  /** Whether there is anything to take. */
  get hasMore(): boolean {
    return this.#sender.hasMore;
  }

  /** Takes what came. Returns how many bytes it took; the rest is to be given again in a turn of its own. */
  receive(bytes: Uint8Array): number {
    if (this.#error) return bytes.length;
    this.#calls.nowMs = this.#options.now();
    this.#calls.begun = 0;
    try {
      return this.#parser.receive(bytes, this.#isEnough);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#fail(error instanceof ConnectionError ? error : new ConnectionError(h2.INTERNAL_ERROR, reason));
      return bytes.length;
    }
  }
  readonly #isEnough = (): boolean => this.#calls.begun >= CALLS_A_TURN;

  /** Bytes that come before anything else can: the rest of a message, as far as its frame has it. */
  get least(): number {
    const left = this.#parser.dataLeft;
    return left < MIN_ROOM_BYTES ? 1 : Math.min(left, this.#calls.room()?.length ?? 1);
  }

  /** Where the next bytes of the connection may be read to at once, all of them; undefined for anywhere. */
  room(): Uint8Array | undefined {
    const left = this.#parser.dataLeft;
    const room = left < MIN_ROOM_BYTES ? undefined : this.#calls.room();
    return room && room.length > left ? room.subarray(0, left) : room;
  }

  /** About so many bytes to be written now, in pieces that may not be written to. */
  take(maxBytes: number): Uint8Array[] {
    return this.#sender.take(maxBytes, this.#options.now(), this.#calls.answered);
  }

  /** Asks the client to begin no more calls; it is over when those that it began are. */
  beginDrain(): void {
    if (this.#isDraining || this.#error) return;
    this.#isDraining = true;
    // The number is not final yet: what the client sends before it hears of this is still served (6.8).
    this.#goAway(h2.MAX_31_BITS, h2.NO_ERROR);
    this.#sender.raw(h2.PING, 0, 0, DRAIN_PING);
    this.#options.wake();
  }

  /** Serves nothing that is not here yet. */
  endDrain(): void {
    if (this.#calls.lastServed !== h2.MAX_31_BITS || this.#error) return;
    this.#calls.lastServed = this.#calls.numbers.last;
    this.#goAway(this.#calls.lastServed, h2.NO_ERROR);
    this.#options.wake();
  }

  /** The socket is gone. */
  closed(): void {
    this.#error ??= new ConnectionError(h2.NO_ERROR, "the connection was closed");
    this.#calls.closeAll();
  }

  #frame(type: number, flags: number, id: number, payload: Uint8Array): void {
    this.#expectFrames(type, id);
    switch (type) {
      case h2.HEADERS:
        this.#calls.headersFrame(flags, id, payload);
        return;
      case h2.CONTINUATION:
        this.#calls.continuation(flags, payload);
        return;
      case h2.WINDOW_UPDATE:
        this.#windowUpdate(id, payload);
        return;
      case h2.RST_STREAM:
        this.#rstStream(id, payload);
        return;
      case h2.SETTINGS:
        this.#settings(flags, id, payload);
        return;
      case h2.PING:
        this.#ping(flags, id, payload);
        return;
      case h2.PRIORITY:
        this.#priority(id, payload);
        return;
      case h2.GOAWAY:
        if (id !== 0) broken("GOAWAY belongs to the connection");
        if (payload.length < 8) badSize("GOAWAY");
        this.beginDrain();
        return;
      case h2.PUSH_PROMISE:
        broken("a client cannot push");
        return;
      default:
        this.#calls.idle(); // frames of other kinds are passed over (4.1)
    }
  }

  #windowUpdate(id: number, payload: Uint8Array): void {
    if (payload.length !== 4) badSize("WINDOW_UPDATE");
    const bytes = h2.readUint32(payload, 0) & 0x7fffffff;
    if (bytes < SMALL_UPDATE_BYTES) this.#calls.idle();
    const { open } = this.#calls.numbers;
    const stream = open.get(id);
    if (id === 0) {
      if (bytes === 0) broken("a window that grows by nothing");
      this.#sender.enlargeWindow(bytes);
    } else if (stream) {
      stream.sendWindow += bytes;
      if (bytes === 0) this.#calls.reset(stream, h2.PROTOCOL_ERROR);
      else if (stream.sendWindow > h2.MAX_31_BITS) this.#calls.reset(stream, h2.FLOW_CONTROL_ERROR);
      else this.#sender.enqueue(stream);
    } else if (this.#calls.numbers.isIdle(id)) broken("WINDOW_UPDATE of a stream that was not begun");
    if (this.#sender.hasMore) this.#options.wake();
  }

  #rstStream(id: number, payload: Uint8Array): void {
    if (this.#calls.numbers.isIdle(id)) broken("RST_STREAM of a stream that was not begun");
    if (payload.length !== 4) badSize("RST_STREAM");
    const stream = this.#calls.numbers.open.get(id);
    if (stream) this.#calls.giveUp(stream);
    else this.#calls.idle();
  }

  #settings(flags: number, id: number, payload: Uint8Array): void {
    if (id !== 0) broken("SETTINGS belong to the connection");
    this.#calls.idle();
    if ((flags & h2.ACK) !== 0) {
      if (payload.length > 0) badSize("SETTINGS");
      return;
    }
    const { initialWindowBytes, headerTableBytes } = this.#peer;
    this.#peer.apply(payload);
    const more = this.#peer.initialWindowBytes - initialWindowBytes;
    for (const stream of more === 0 ? [] : this.openStreams) {
      stream.sendWindow += more;
      if (stream.sendWindow > h2.MAX_31_BITS) {
        throw new ConnectionError(h2.FLOW_CONTROL_ERROR, "a window is too large");
      }
      this.#sender.enqueue(stream);
    }
    if (this.#peer.headerTableBytes !== headerTableBytes)
      this.#sender.resizeTable(this.#peer.headerTableBytes);
    this.#sender.control(h2.SETTINGS, h2.ACK, 0, EMPTY);
    this.#options.wake();
  }

  #ping(flags: number, id: number, payload: Uint8Array): void {
    if (id !== 0) broken("PING belongs to the connection");
    if (payload.length !== 8) badSize("PING");
    this.#calls.idle();
    if ((flags & h2.ACK) === 0) {
      this.#sender.control(h2.PING, h2.ACK, 0, payload);
      this.#options.wake();
    } else if (this.#isDraining && DRAIN_PING.every((byte, at) => byte === payload[at])) this.endDrain();
  }

  #priority(id: number, payload: Uint8Array): void {
    if (id === 0) broken("PRIORITY belongs to a stream");
    if (payload.length !== 5) badSize("PRIORITY");
    this.#calls.idle();
    if ((h2.readUint32(payload, 0) & 0x7fffffff) === id) broken("a stream that depends on itself");
  }

  /** What must come first, and what may not come between a call's headers. */
  #expectFrames(type: number, id: number): void {
    if (!this.#isGreeted) {
      if (type !== h2.SETTINGS) broken("a connection begins with SETTINGS");
      this.#isGreeted = true;
    }
    const { openStream } = this.#calls.headers;
    if (type === h2.CONTINUATION ? openStream === 0 || id !== openStream : openStream !== 0) {
      broken("CONTINUATION in the wrong place");
    }
    if (this.#sender.isFlooded) tooMany("answers to PING, SETTINGS or resets that are not read");
  }

  #fail(error: ConnectionError): void {
    this.#error = error;
    this.#calls.closeAll();
    this.#goAway(this.#calls.numbers.last, error.code, error.message);
    this.#options.wake();
  }

  #goAway(last: number, code: number, reason = ""): void {
    const payload = Buffer.alloc(8 + Buffer.byteLength(reason));
    payload.writeUInt32BE(last, 0);
    payload.writeUInt32BE(code, 4);
    payload.write(reason, 8);
    this.#sender.raw(h2.GOAWAY, 0, 0, payload);
  }
}

const EMPTY = new Uint8Array(0);
const DRAIN_PING = Buffer.from("draining", "latin1");

function badSize(frame: string): never {
  throw new ConnectionError(h2.FRAME_SIZE_ERROR, `${frame} of the wrong size`);
}
