// A client's HTTP/2 connection on a bare socket, for unary gRPC calls one after another: less work than node:http2.
// It sends the same message again and again, and checks each answer: both statuses, and every byte of the message.
// Source: RFC 9113; https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
// Invariant: no frame and no byte is sent that the server's settings and windows do not allow.
import { once } from "node:events";
import { connect } from "node:net";
import { HeaderReader, requestBlocks } from "./hpack.mjs";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
};
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const PADDED = 8;
const PRIORITY = 0x20;
const SETTING = { initialWindow: 4, maxFrame: 5 };
const FRAME_HEADER_BYTES = 9;
/** What the server may send before it hears of us; ours are never in its way. */
const WINDOW_BYTES = 2 ** 30;
const DEFAULT_WINDOW_BYTES = 65_535;

/** One connection; `answer` is the message that each answer must have, undefined when any will do. */
export class Http2Connection {
  #socket;
  #blocks;
  #message; // with its five bytes of gRPC before it
  #answer;
  #headers = new HeaderReader();
  #received = Buffer.alloc(0);
  #settings = { window: DEFAULT_WINDOW_BYTES, maxFrame: 16_384 };
  #window = DEFAULT_WINDOW_BYTES;
  #taken = 0;
  #stream = -1;
  #call = callState(undefined, 0, Number.POSITIVE_INFINITY);

  static async open(port, { path, body }, answer) {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new Http2Connection(socket, requestBlocks(path, port), body, answer);
  }

  constructor(socket, blocks, body, answer) {
    this.#socket = socket;
    this.#blocks = blocks;
    this.#message = withPrefix(body);
    this.#answer = answer && withPrefix(answer);
    const settings = frame(FRAME.settings, 0, 0, setting(SETTING.initialWindow, WINDOW_BYTES));
    socket.write(Buffer.concat([Buffer.from(PREFACE), settings, windowUpdate(WINDOW_BYTES)]));
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(new Error("the server closed the connection")));
  }

  /** Sends the message; `done(error, message)` is called when it is answered. One call at a time. */
  call(done) {
    this.#stream += 2;
    const block = this.#stream === 1 ? this.#blocks.first : this.#blocks.later;
    this.#call = callState(done, this.#settings.window, 0);
    this.#send([frame(FRAME.headers, END_HEADERS, this.#stream, block)]);
  }

  close() {
    this.#call.done = undefined;
    this.#socket.destroy();
  }

  /** Sends as much of the message as may be sent now, in one write with what stands before it. */
  #send(before) {
    const call = this.#call;
    const pieces = before;
    while (call.sent < this.#message.length) {
      const rest = this.#message.length - call.sent;
      const size = Math.min(rest, this.#window, call.window, this.#settings.maxFrame);
      if (size <= 0) break;
      const payload = this.#message.subarray(call.sent, call.sent + size);
      pieces.push(frameHeader(size, FRAME.data, size === rest ? END_STREAM : 0, this.#stream), payload);
      call.sent += size;
      call.window -= size;
      this.#window -= size;
    }
    if (pieces.length > 0) this.#socket.write(Buffer.concat(pieces));
  }

  #take(chunk) {
    let received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (received.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + received.readUIntBE(0, 3);
      if (received.length < end) break;
      const stream = received.readUInt32BE(5);
      this.#frame(received[3], received[4], stream, received.subarray(FRAME_HEADER_BYTES, end));
      received = received.subarray(end);
    }
    this.#received = received;
  }

  #frame(type, flags, stream, payload) {
    if (type === FRAME.data) this.#takeData(flags, payload);
    else if (type === FRAME.headers || type === FRAME.continuation) this.#takeHeaders(type, flags, payload);
    else if (type === FRAME.settings && !(flags & ACK)) this.#takeSettings(payload);
    else if (type === FRAME.windowUpdate) this.#takeWindow(stream, payload.readUInt32BE(0));
    else if (type === FRAME.ping && !(flags & ACK)) this.#socket.write(frame(FRAME.ping, ACK, 0, payload));
    else if (type === FRAME.goAway) this.#end(new Error(`the server goes away: ${payload.latin1Slice(8)}`));
    else if (type === FRAME.reset) this.#end(new Error(`the stream was reset: ${payload.readUInt32BE(0)}`));
  }

  #takeData(flags, payload) {
    this.#call.pieces.push(unpadded(flags, payload));
    this.#taken += payload.length;
    if (this.#taken > WINDOW_BYTES / 2) {
      this.#socket.write(windowUpdate(this.#taken));
      this.#taken = 0;
    }
    if (flags & END_STREAM) this.#answered();
  }

  /** A block of headers may come in several frames; the flag of the first says whether it ends the stream. */
  #takeHeaders(type, flags, payload) {
    const call = this.#call;
    if (type === FRAME.headers) {
      call.last = (flags & END_STREAM) !== 0;
      call.block = [unpadded(flags, payload).subarray(flags & PRIORITY ? 5 : 0)];
    } else call.block.push(payload);
    if (!(flags & END_HEADERS)) return;
    const { ok, grpcOk } = this.#headers.read(Buffer.concat(call.block));
    call.ok ||= ok;
    call.grpcOk ||= grpcOk;
    if (call.last) this.#answered();
  }

  #takeSettings(payload) {
    for (let at = 0; at < payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2);
      if (payload.readUInt16BE(at) === SETTING.maxFrame) this.#settings.maxFrame = value;
      if (payload.readUInt16BE(at) !== SETTING.initialWindow) continue;
      this.#call.window += value - this.#settings.window;
      this.#settings.window = value;
    }
    this.#send([frame(FRAME.settings, ACK, 0, Buffer.alloc(0))]);
  }

  #takeWindow(stream, bytes) {
    if (stream === 0) this.#window += bytes;
    else if (stream === this.#stream) this.#call.window += bytes;
    this.#send([]);
  }

  #answered() {
    const { ok, grpcOk, pieces } = this.#call;
    const message = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    if (!ok || !grpcOk) this.#end(new Error("the answer's status is not OK"));
    else if (this.#answer && !message.equals(this.#answer))
      this.#end(new Error("another answer than before"));
    else this.#end(undefined, message.subarray(5));
  }

  #end(error, message) {
    const { done } = this.#call;
    this.#call.done = undefined;
    done?.(error, message);
  }
}

/** One call: `window` bytes of it may be sent, `sent` are. */
function callState(done, window, sent) {
  return { done, window, sent, pieces: [], block: [], last: false, ok: false, grpcOk: false };
}

/** A message as gRPC frames it: not compressed, its length. */
function withPrefix(message) {
  const framed = Buffer.alloc(5 + message.length);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}

/** A frame as it goes over the wire. */
export function frame(type, flags, stream, payload) {
  return Buffer.concat([frameHeader(payload.length, type, flags, stream), payload]);
}

function frameHeader(length, type, flags, stream) {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  header.writeUIntBE(length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return header;
}

function windowUpdate(bytes) {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return frame(FRAME.windowUpdate, 0, 0, payload);
}

function setting(id, value) {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(id);
  bytes.writeUInt32BE(value, 2);
  return bytes;
}

function unpadded(flags, payload) {
  return flags & PADDED ? payload.subarray(1, payload.length - payload[0]) : payload;
}
