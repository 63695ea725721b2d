// What clients send that is unusual and yet allowed, or not allowed and yet sent, as bytes on a socket.
// The answers are TensorFlow Serving's, whose HTTP is libevent's, where it has one.
import { once } from "node:events";
import { Agent, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dispatchRest } from "../rest/dispatch.ts";
import { tensorflowServingRest } from "../tensorflow-serving/rest/handle.ts";
import { loadedManager } from "../testing/model-server.ts";
import { createRestServer } from "./http1.ts";

const models = await loadedManager({ half: [1] });
const { server, destroy } = createRestServer(
  dispatchRest([tensorflowServingRest({ models, strict: true })]),
  {
    log: () => undefined,
  },
);
let port = 0;
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port; // it listens on a port
});
afterAll(() => {
  server.close();
  destroy();
});

/** Sends the bytes; what has come back when it says all of `parts`, or when the connection is closed. */
async function exchange(pieces: readonly string[], parts: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("latin1").on("data", (piece: string) => {
    answer += piece;
    if (parts.every((part) => answer.includes(part))) socket.destroy();
  });
  socket.setTimeout(SILENCE_MS, () => socket.destroy());
  for (const piece of pieces) {
    socket.write(piece, "latin1");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (!socket.closed) await once(socket, "close");
  return answer;
}

/** Only where an answer lacks something. */
const SILENCE_MS = 2000;

const BODY = '{"instances":[1.0]}';
const PREDICT = "/v1/models/half:predict";
const post = (path: string, headers = "", version = "1.1", body = BODY): string =>
  `POST ${path} HTTP/${version}\r\nHost: a\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
const ask = (target: string, method = "GET"): string => `${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
const chunked = (body: string, headers = ""): string =>
  `POST ${PREDICT} HTTP/1.1\r\nHost: a\r\n${headers}Transfer-Encoding: chunked\r\n\r\n${body}`;

const PREDICTED = ["200 OK", '"predictions": [2.5'];
const AVAILABLE = ["200 OK", '"AVAILABLE"'];
const EMPTY = ["400 Bad Request", "The document is empty"];

describe("a request", () => {
  it.each<[string, string, readonly string[]]>([
    ["with HTTP/1.0", post(PREDICT, "", "1.0"), [...PREDICTED, "Connection: close"]],
    [
      "with HTTP/1.0, kept alive",
      post(PREDICT, "Connection: keep-alive\r\n", "1.0"),
      ["Connection: keep-alive"],
    ],
    ["with HTTP/1.0 and no host", "GET /v1/models/half HTTP/1.0\r\n\r\n", AVAILABLE],
    ["with any content type", post(PREDICT, "Content-Type: text/plain\r\n"), PREDICTED],
    [
      "with headers twice",
      post(PREDICT, "Content-Type: a\r\nContent-Type: b\r\nX: 1\r\nX: 2\r\n"),
      PREDICTED,
    ],
    ["with long headers", post(PREDICT, `Authorization: ${"a".repeat(60_000)}\r\n`), PREDICTED],
    ["with headers without end", post(PREDICT, `X: ${"a".repeat(70_000)}\r\n`), ["431 "]],
    ["that offers HTTP/2", post(PREDICT, "Connection: Upgrade\r\nUpgrade: h2c\r\n"), PREDICTED],
    ["that expects what nobody knows", post(PREDICT, "Expect: more\r\n"), ["417 "]],
    ["through a proxy", post(`http://half.example:8501${PREDICT}`), PREDICTED],
    ["through a proxy, of everything", ask("http://half.example"), ["404 Not Found"]],
    ["with two slashes", ask("//v1/models/half"), ["404 Not Found"]],
    ["with a slash at the end", ask("/v1/models/half/"), ["400 ", "Malformed request: GET /v1/models/half/"]],
    ["with an empty query", ask("/v1/models/half?"), ["404 ", "any versions of model half?"]],
    ["with a fragment", ask("/v1/models/half#a"), ["404 ", "any versions of model half#a"]],
    ["with letters encoded", post("/v1/models/%68%61lf:predict"), PREDICTED],
    ["with the colon encoded", post("/v1/models/half%3Apredict"), ["400 ", "Malformed request: POST"]],
    ["with a percent sign alone", ask("/v1/models/half%zz"), ["400 ", "<TITLE>400 Bad Request</TITLE>"]],
    ["with brackets", ask("/v1/models/half[0]"), ["400 ", "<TITLE>400 Bad Request</TITLE>"]],
    ["of chunks", chunked('3\r\n{"i\r\n10\r\nnstances":[1.0]}\r\n0\r\n\r\n'), PREDICTED],
    ["of chunks with extensions and trailers", chunked(`13;a=b\r\n${BODY}\r\n0\r\nX: y\r\n\r\n`), PREDICTED],
    ["of chunks that are none", chunked("zz\r\n"), ["400 Bad Request"]],
    ["of chunks, and a length", chunked(`13\r\n${BODY}\r\n0\r\n\r\n`, "Content-Length: 19\r\n"), ["400 "]],
    ["with two lengths", post(PREDICT, "Content-Length: 5\r\n"), ["400 "]],
    ["with a length of zero", post(PREDICT, "", "1.1", ""), EMPTY],
    ["with no length", ask(PREDICT, "POST"), EMPTY],
    [
      "with no length, compressed",
      ask(PREDICT, "POST").replace("Host", "Content-Encoding: gzip\r\nHost"),
      EMPTY,
    ],
    ["with a body where none belongs", post("/v1/models/half").replace("POST", "GET"), AVAILABLE],
    ["to look, not to get", ask("/v1/models/half", "HEAD"), ["400 Bad Request"]],
    ["to delete", ask("/v1/models/half", "DELETE"), ["400 ", "Malformed request: DELETE /v1/models/half"]],
    ["to trace", ask("/v1/models/half", "TRACE"), ["501 ", "<H1>Not Implemented</H1>"]],
    ["with a method of WebDAV", ask("/v1/models/half", "PROPFIND"), ["501 ", "<H1>Not Implemented</H1>"]],
    ["before one from a page", ask(PREDICT, "OPTIONS"), ["400 Bad Request", "Content-Length: 0"]],
    ["with TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", ["400 Bad Request"]],
    ["with a mark of UTF-8", post(PREDICT, "", "1.1", `\xef\xbb\xbf${BODY}`), PREDICTED],
  ])("%s", async (_what, bytes, parts) => {
    const answer = await exchange([bytes], parts);
    for (const part of parts) expect(answer).toContain(part);
  });

  it("that waits to be asked for its body", async () => {
    const [head = "", body = ""] = post(PREDICT, "Expect: 100-continue\r\n").split("\r\n\r\n");
    const answer = await exchange([`${head}\r\n\r\n`, body], PREDICTED);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });

  it("right behind another", async () => {
    const two = post(PREDICT) + post(PREDICT, "", "1.1", '{"instances":[3.0]}');
    const answer = await exchange([two], ["[3.5"]);
    expect(answer.match(/predictions": \[\d\.5/g)).toEqual(['predictions": [2.5', 'predictions": [3.5']);
  });
});

describe("a body that nobody reads", () => {
  /** The status of the answer, to a client that looks for it when it has sent everything. */
  function send(bytes: number, agent: Agent): Promise<readonly [number | undefined, string | undefined]> {
    return new Promise((resolve, reject) => {
      const call = request(
        {
          port,
          host: "127.0.0.1",
          path: "/nothing",
          method: "POST",
          agent,
          headers: { "Content-Length": bytes },
        },
        (response) => {
          response.resume();
          response.once("end", () => resolve([response.statusCode, response.headers.connection]));
        },
      );
      call.on("error", reject).end(Buffer.alloc(bytes, "1"));
    });
  }

  it("and is short leaves its connection open", async () => {
    const agent = new Agent({ keepAlive: true });
    expect(await send(1000, agent)).toEqual([404, "keep-alive"]);
    agent.destroy();
  });

  it("and is long is taken to its end, so that the answer is seen", async () => {
    const agent = new Agent({ keepAlive: true });
    expect(await send(20_000_000, agent)).toEqual([404, "close"]);
    agent.destroy();
  });
});
