// A server that does nothing: it reads each request to its end and answers the same bytes, over HTTP/1.1 and HTTP/2 on
// bare sockets. It shows what the load generator could do. Takes the two answers first, { rest, grpc }, and answers
// with its ports. Started by pinned-process.mjs.
import { once } from "node:events";
import { createServer } from "node:net";
import { frame } from "./http2-connection.mjs";
import { answerRequests } from "./pinned-process.mjs";

const PREFACE_BYTES = 24;
const WINDOW_BYTES = 2 ** 30;
const FRAME = { data: 0, headers: 1, settings: 4, windowUpdate: 8 };
const ACK = 1;
const END_STREAM = 1;
const END_HEADERS = 4;
/** `:status 200` of the static table; `grpc-status: 0`, written out and put into no table. */
const OK_HEADERS = Buffer.from([0x88]);
const OK_TRAILERS = Buffer.from(["\x00\x0b", "grpc-status", "\x01", "0"].join(""), "latin1");

answerRequests(async ({ rest, grpc }) => ({
  rest: await listen((socket) => answerHttp1(socket, rest)),
  grpc: await listen((socket) => answerHttp2(socket, grpc)),
}));

async function listen(serve) {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy()); // a client that ends its connection at once
    serve(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server.address().port;
}

function answerHttp1(socket, body) {
  const answer = Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  ]);
  let left = 0;
  socket.on("data", (chunk) => {
    if (left === 0) {
      const end = chunk.indexOf("\r\n\r\n") + 4;
      left = end + Number(/content-length: *(\d+)/i.exec(chunk.latin1Slice(0, end))[1]);
    }
    left -= chunk.length;
    if (left === 0) socket.write(answer);
  });
}

function answerHttp2(socket, message) {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  const answer = (stream) =>
    Buffer.concat([
      frame(FRAME.headers, END_HEADERS, stream, OK_HEADERS),
      frame(FRAME.data, 0, stream, Buffer.concat([prefix, message])),
      frame(FRAME.headers, END_HEADERS | END_STREAM, stream, OK_TRAILERS),
    ]);
  const window = Buffer.alloc(4);
  window.writeUInt32BE(WINDOW_BYTES);
  socket.write(frame(FRAME.settings, 0, 0, Buffer.from([0, 4, ...window])));
  socket.write(frame(FRAME.windowUpdate, 0, 0, window));
  let received = Buffer.alloc(0);
  let skip = PREFACE_BYTES;
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const begin = skip;
      if (received.length < begin + 9) break;
      const end = begin + 9 + received.readUIntBE(begin, 3);
      if (received.length < end) break;
      const [type, flags] = received.subarray(begin + 3);
      if (type === FRAME.settings && !(flags & ACK))
        socket.write(frame(FRAME.settings, ACK, 0, Buffer.alloc(0)));
      if (type === FRAME.data && flags & END_STREAM) socket.write(answer(received.readUInt32BE(begin + 5)));
      received = received.subarray(end);
      skip = 0;
    }
  });
}
