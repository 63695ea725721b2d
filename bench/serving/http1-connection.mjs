// A client's kept HTTP/1.1 connection on a bare socket, which costs the load generator less than Node's own client.
// It sends the same request again and again, and checks each answer: its status, and every byte of its body.
// Source: RFC 9112. Answers have a Content-Length or come in chunks.
import { once } from "node:events";
import { connect } from "node:net";

const HEADER_END = "\r\n\r\n";

/** One connection; `answer` is the body that each answer must have, undefined when any will do. */
export class Http1Connection {
  #socket;
  #request;
  #answer;
  #received = Buffer.alloc(0);
  #done;

  static async open(port, { path, headers, body }, answer) {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    const lines = Object.entries({ Host: `127.0.0.1:${port}`, ...headers, "Content-Length": body.length });
    const head = `POST ${path} HTTP/1.1\r\n${lines.map((line) => line.join(": ")).join("\r\n")}${HEADER_END}`;
    return new Http1Connection(socket, Buffer.concat([Buffer.from(head), body]), answer);
  }

  constructor(socket, request, answer) {
    this.#socket = socket;
    this.#request = request;
    this.#answer = answer;
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", (error) => this.#done?.(error));
    socket.on("close", () => this.#done?.(new Error("the server closed the connection")));
  }

  /** Sends the request; `done(error, body)` is called when it is answered. One call at a time. */
  call(done) {
    this.#done = done;
    this.#socket.write(this.#request);
  }

  close() {
    this.#done = undefined;
    this.#socket.destroy();
  }

  #take(chunk) {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const body = readAnswer(this.#received);
    if (body === undefined) return;
    this.#received = Buffer.alloc(0);
    const done = this.#done;
    this.#done = undefined;
    if (body instanceof Error) done(body);
    else if (this.#answer && !body.equals(this.#answer)) {
      done(new Error(`another answer than before: ${body.toString("latin1", 0, 200)}`));
    } else done(undefined, body);
  }
}

/** The body of an answer that is there whole, an Error when it is none with status 200, undefined when more must come. */
function readAnswer(received) {
  const end = received.indexOf(HEADER_END);
  if (end < 0) return undefined;
  const head = received.latin1Slice(0, end);
  if (!head.startsWith("HTTP/1.1 200 ")) {
    return new Error(`${head.split("\r\n", 1)[0]}: ${received.toString("latin1", end, end + 300)}`);
  }
  const begin = end + HEADER_END.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) return readChunks(received, begin);
  const bodyEnd = begin + Number(length);
  return received.length < bodyEnd ? undefined : received.subarray(begin, bodyEnd);
}

/** A body in chunks, each behind a line with its size in hexadecimal; the last is empty. */
function readChunks(received, begin) {
  const pieces = [];
  for (let at = begin; ; ) {
    const lineEnd = received.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(received.latin1Slice(at, lineEnd), 16);
    const from = lineEnd + 2;
    if (Number.isNaN(size)) return new Error("neither a Content-Length nor chunks");
    if (received.length < from + size + 2) return undefined;
    if (size === 0) return Buffer.concat(pieces);
    pieces.push(received.subarray(from, from + size));
    at = from + size + 2;
  }
}
