import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, expect, it } from "vitest";
import { Http1Connection } from "./http1-connection.mjs";

const REQUEST = { path: "/predict", headers: { "X-Kind": "test" }, body: Buffer.from("[1, 2]") };
const servers = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers each request with these pieces, each written by itself, and keeps what it was sent. */
async function serve(...pieces) {
  const received = [];
  const server = createServer(async (socket) => {
    for await (const chunk of socket) {
      received.push(chunk.toString());
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise(setImmediate);
      }
    }
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { port: server.address().port, received };
}

async function callOn(port, answer) {
  const connection = await Http1Connection.open(port, REQUEST, answer && Buffer.from(answer));
  try {
    return await new Promise((resolve, reject) => {
      connection.call((error, body) => (error ? reject(error) : resolve(body.toString())));
    });
  } finally {
    connection.close();
  }
}

it("sends the request whole and returns the body", async () => {
  const { port, received } = await serve("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
  expect(await callOn(port)).toBe("abc");
  expect(received).toEqual([
    `POST /predict HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Kind: test\r\nContent-Length: 6\r\n\r\n[1, 2]`,
  ]);
});

it("reads an answer that comes in pieces", async () => {
  const { port } = await serve("HTTP/1.1 200 OK\r\nContent-Le", "ngth: 6\r\n\r", "\nabc", "def");
  expect(await callOn(port, "abcdef")).toBe("abcdef");
});

it("reads an answer in chunks", async () => {
  const { port } = await serve(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "a\r\n0123456789\r\n",
    "0\r\n\r\n",
  );
  expect(await callOn(port, "abc0123456789")).toBe("abc0123456789");
});

it.each([
  ["another status", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy", /503 .*busy/s],
  ["another body", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabd", /another answer than before: abd/],
  ["a longer body", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd", /another answer than before/],
  ["no length", "HTTP/1.1 200 OK\r\n\r\nx\r\n", /neither a Content-Length nor chunks/],
])("refuses %s", async (_, answer, message) => {
  const { port } = await serve(answer);
  await expect(callOn(port, "abc")).rejects.toThrow(message);
});
