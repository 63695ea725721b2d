import { once } from "node:events";
import { createServer } from "node:http2";
import { afterEach, expect, it } from "vitest";
import { Http2Connection } from "./http2-connection.mjs";

const servers = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server by Node's own HTTP/2 that answers each message with `reply(message)`: { status, message }. */
async function serve(reply, settings = {}) {
  const server = createServer({ settings });
  server.on("stream", async (stream, headers) => {
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const { status, message } = reply(Buffer.concat(chunks).subarray(5), headers);
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status }));
    const framed = Buffer.alloc(5 + message.length);
    framed.writeUInt32BE(message.length, 1);
    framed.set(message, 5);
    stream.end(framed);
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server.address().port;
}

/** Answers of so many calls on one connection. */
async function callsOn(port, count, body, answer) {
  const connection = await Http2Connection.open(port, { path: "/test.Service/Call", body }, answer);
  const answers = [];
  try {
    for (let call = 0; call < count; call++) {
      answers.push(
        await new Promise((resolve, reject) => {
          connection.call((error, message) => (error ? reject(error) : resolve(Buffer.from(message))));
        }),
      );
    }
    return answers;
  } finally {
    connection.close();
  }
}

it("sends headers and message, whole in every call", async () => {
  const seen = [];
  const port = await serve((message, headers) => {
    seen.push([
      headers[":method"],
      headers[":path"],
      headers["content-type"],
      headers.te,
      message.toString(),
    ]);
    return { status: "0", message: Buffer.from("pong") };
  });
  const answers = await callsOn(port, 3, Buffer.from("ping"), Buffer.from("pong"));
  expect(answers.map(String)).toEqual(["pong", "pong", "pong"]);
  const call = ["POST", "/test.Service/Call", "application/grpc", "trailers", "ping"];
  expect(seen).toEqual([call, call, call]);
});

it("keeps to the server's windows and frames with messages that are larger", async () => {
  const body = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => i % 251));
  const port = await serve((message) => ({ status: "0", message }), { initialWindowSize: 1000 });
  const answers = await callsOn(port, 2, body, body);
  expect(answers.every((answer) => answer.equals(body))).toBe(true);
});

it.each([
  ["another status", { status: "13", message: Buffer.from("pong") }, /status is not OK/],
  ["another message", { status: "0", message: Buffer.from("bang") }, /another answer than before/],
  ["a shorter message", { status: "0", message: Buffer.from("pon") }, /another answer than before/],
])("refuses %s", async (_, reply, message) => {
  const port = await serve(() => reply);
  await expect(callsOn(port, 1, Buffer.from("ping"), Buffer.from("pong"))).rejects.toThrow(message);
});

it("refuses a status that goes wrong after good calls", async () => {
  let calls = 0;
  const port = await serve(() => ({ status: ++calls < 3 ? "0" : "14", message: Buffer.from("pong") }));
  await expect(callsOn(port, 3, Buffer.from("ping"), Buffer.from("pong"))).rejects.toThrow(
    /status is not OK/,
  );
});
