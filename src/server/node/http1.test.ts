import { describe, expect, it } from "vitest";
import type { RestHandler } from "../rest/message.ts";
import { clientOf, closed, post, serveRest, text } from "../testing/rest-server.ts";

function* lazily(pieces: readonly string[]): Generator<Uint8Array, void> {
  for (const piece of pieces) yield Buffer.from(piece);
}

/** Says which request it was, and what came with it. */
const echo: RestHandler = async ({ method, url, body }) => {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of body) pieces.push(Buffer.from(piece));
  } catch {
    return text("cut off", 400);
  }
  return text(`${method} ${url} [${Buffer.concat(pieces)}]`);
};

describe("requests of one connection", () => {
  it("are answered in their order, however they are cut", async () => {
    const { port } = await serveRest(echo);
    const all = `${post("/1", "one")}\r\n${post("/2", "")}GET /3 HTTP/1.1\r\nHost: a\r\n\r\nPOST /4 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n${post("/5", "five")}`;
    const answers = ["POST /1 [one]", "POST /2 []", "GET /3 []", "POST /4 [four]", "POST /5 [five]"];
    for (const step of [1, 7, 50, all.length]) {
      const client = clientOf(port);
      client.socket.setNoDelay(true);
      for (let at = 0; at < all.length; at += step) {
        client.send(all.slice(at, at + step));
        if (step < 50) await new Promise(setImmediate);
      }
      await client.until(({ bodies }) => bodies.length === answers.length);
      expect(client.bodies).toEqual(answers);
      expect(client.isClosed).toBe(false);
    }
  });

  it("wait for the one before them", async () => {
    const waiting: (() => void)[] = [];
    const { port, inFlight } = await serveRest(async ({ url }) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return text(url);
    });
    const client = clientOf(port);
    client.send(`${post("/1", "a")}${post("/2", "b")}`);
    await expect.poll(() => waiting.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([waiting.length, inFlight()]).toEqual([1, 1]);
    waiting[0]?.();
    await expect.poll(() => waiting.length).toBe(2);
    waiting[1]?.();
    await client.until(({ bodies }) => bodies.length === 2);
    expect(client.bodies).toEqual(["/1", "/2"]);
    expect(inFlight()).toBe(0);
  });

  it("are no more than one where the client or the version says so", async () => {
    const { port } = await serveRest(echo);
    for (const [request, close] of [
      ["GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true],
      ["GET /1 HTTP/1.0\r\n\r\n", true],
      ["GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false],
    ] as const) {
      const client = clientOf(port);
      client.send(`${request}${post("/2", "")}`);
      if (close) await client.until(({ isClosed }) => isClosed);
      else await client.until(({ bodies }) => bodies.length === 2);
      expect(client.text.includes("Connection: close")).toBe(close);
      expect(client.bodies[0]).toBe("GET /1 []");
      expect(client.bodies).toHaveLength(close ? 1 : 2);
    }
  });

  it("begin behind the last byte of a body that nobody read", async () => {
    const { port } = await serveRest(async ({ url }) => text(url));
    const client = clientOf(port);
    // The body looks like a request, and comes after the answer to what it belongs to.
    client.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 60\r\n\r\n");
    await client.until(({ bodies }) => bodies.length === 1);
    client.send(post("/smuggled", "").padEnd(60));
    client.send(post("/2", ""));
    await client.until(({ bodies }) => bodies.length === 2);
    expect(client.bodies).toEqual(["/1", "/2"]);
  });

  it("end with a body that nobody read and that may be long, when it came", async () => {
    const { port } = await serveRest(async ({ url }) => text(url));
    const chunk = `1000\r\n${post("/smuggled", "").padEnd(4096)}\r\n`;
    for (const [framing, body] of [
      ["Content-Length: 1000000", post("/smuggled", "").padEnd(1_000_000)],
      ["Transfer-Encoding: chunked", `${chunk.repeat(50)}0\r\n\r\n`],
    ] as const) {
      const client = clientOf(port);
      client.send(`POST /1 HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);
      await client.until(({ bodies }) => bodies.length === 1);
      client.send(body.slice(0, 100_000));
      await new Promise((resolve) => setTimeout(resolve, 20));
      // Many look for the answer only when they have sent everything.
      expect(client.isClosed).toBe(false);
      client.send(body.slice(100_000) + post("/behind", ""));
      await client.until(({ isClosed }) => isClosed);
      expect(client.bodies).toEqual(["/1"]);
      expect(client.text).toContain("Connection: close");
    }
  });
});

describe("what is no request", () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ["nonsense", "hello\r\n\r\n", 400],
    ["TLS's beginning", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400],
    ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a head without end", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(70_000)}`, 431],
    ["a head that is too long", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(70_000)}\r\n\r\n`, 431],
  ];
  it.each(cases)("is refused and nothing behind it is read: %s", async (_, request, status) => {
    let asked = 0;
    const { port } = await serveRest(async ({ url }) => {
      asked++;
      return text(url);
    });
    const client = clientOf(port);
    client.send(request);
    client.send(post("/behind", ""));
    await client.until(({ isClosed }) => isClosed);
    expect(client.text.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
    expect(client.text.endsWith("Connection: close\r\n\r\n")).toBe(true);
    expect(client.text.match(/HTTP/g)).toHaveLength(1);
    expect(asked).toBe(0);
  });

  it("closes the connection if it is found in the body's chunks", async () => {
    const { port } = await serveRest(echo);
    const client = clientOf(port);
    client.send("POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n");
    client.send(post("/behind", ""));
    await client.until(({ isClosed }) => isClosed);
    expect(client.bodies).toEqual(["cut off"]);
  });
});

describe("a client", () => {
  it("is told to go on if it waits for that, and only then", async () => {
    const { port } = await serveRest(echo);
    const client = clientOf(port);
    client.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    await client.until((one) => one.text === "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc");
    await client.until(({ bodies }) => bodies.length === 1);
    expect(client.bodies).toEqual(["POST /1 [abc]"]);
    const other = clientOf(port);
    other.send(post("/2", "abc", "Expect: 100-continue\r\n"));
    await other.until(({ bodies }) => bodies.length === 1);
    expect(other.text).toMatch(/^HTTP\/1.1 200 OK/);
  });

  it("that asks for the head alone gets no more", async () => {
    const { port } = await serveRest(async ({ url }) =>
      url === "/pieces" ? { ...text(""), body: lazily(["piece", "piece"]) } : text("whole"),
    );
    const client = clientOf(port);
    client.send("HEAD /whole HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.until((one) => one.text.endsWith("\r\n\r\n"));
    client.send("HEAD /pieces HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.until((one) => one.text.split("\r\n\r\n").length === 3);
    expect(client.text).toContain("Content-Length: 5");
    expect(client.text).toContain("Transfer-Encoding: chunked");
    expect(client.text).not.toContain("piece");
  });

  it("that leaves is noticed while it is answered, and while it sends", async () => {
    const seen: string[] = [];
    const { port, inFlight } = await serveRest(async ({ url, body, onCancel }) => {
      const gone = new Promise<void>((resolve) => onCancel?.(resolve));
      try {
        for await (const piece of body) seen.push(`${url} ${piece.length}`);
      } catch (error) {
        seen.push(`${url} ${error instanceof Error ? error.message : ""}`);
      }
      await gone;
      seen.push(`${url} gone`);
      return text("");
    });
    const answered = clientOf(port);
    answered.send(post("/1", "abc"));
    const sending = clientOf(port);
    sending.send("POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab");
    await expect.poll(() => seen.length).toBe(2);
    answered.socket.end();
    sending.socket.destroy();
    await expect.poll(() => seen.length).toBe(5);
    expect(seen.sort()).toEqual(["/1 3", "/1 gone", "/2 2", "/2 gone", "/2 the connection was closed"]);
    await expect.poll(inFlight).toBe(0);
  });

  it("sees that an answer was not made to its end", async () => {
    function* broken(): Generator<Uint8Array, void> {
      yield Buffer.from("begun");
      yield Buffer.from("and on");
      throw new Error("no more");
    }
    const { port } = await serveRest(async () => ({ ...text(""), body: broken() }));
    const client = clientOf(port);
    client.send(post("/1", ""));
    await client.until(({ isClosed }) => isClosed);
    expect(client.text).toContain("begun");
    expect(client.text.endsWith("0\r\n\r\n")).toBe(false);
  });

  it("that still sends gets its answer before it is cut off", async () => {
    const { port } = await serveRest(async () => text("enough", 413));
    const client = clientOf(port);
    client.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n");
    for (let sent = 0; sent < 40; sent++) client.send("x".repeat(100_000));
    await client.until(({ bodies }) => bodies.length === 1);
    expect(client.text).toMatch(/^HTTP\/1.1 413 /);
  });
});

describe("answers", () => {
  it("of several pieces have their length where it is known, and chunks where it is not", async () => {
    const pieces = ["ab", "", "cde"];
    const { port } = await serveRest(async ({ url }) =>
      url === "/list" ? text(pieces) : { ...text(""), body: lazily(pieces) },
    );
    const client = clientOf(port);
    client.send(post("/list", ""));
    await client.until(({ bodies }) => bodies.length === 1);
    expect(client.bodies).toEqual(["abcde"]);
    const chunked = clientOf(port);
    chunked.send(post("/other", ""));
    await chunked.until((one) => one.text.endsWith("\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"));
    const old = clientOf(port);
    old.send("GET /other HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    await old.until(({ isClosed }) => isClosed);
    expect(old.text).toMatch(/Connection: close\r\n\r\nabcde$/);
    expect(old.text).not.toContain("chunked");
  });
});

describe("a client that reads nothing", () => {
  it("is answered no further than its connection holds", async () => {
    let asked = 0;
    const { port } = await serveRest(async () => {
      asked++;
      return text("x".repeat(60_000));
    });
    const client = clientOf(port);
    client.socket.pause();
    client.send(post("/", "").repeat(2000));
    const settled = async (): Promise<number> => {
      const before = asked;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return asked > 0 && asked === before ? asked : settled();
    };
    // The system's own memory for one connection is some megabytes.
    expect(await settled()).toBeLessThan(500);
    client.socket.resume();
    await expect.poll(() => asked, { timeout: 10_000 }).toBe(2000);
  });
});

describe("draining", () => {
  it("closes what waits for a request, and the others behind their answers", async () => {
    let letGo = (): void => undefined;
    const { port, server, beginDrain } = await serveRest(async ({ url }) => {
      if (url === "/slow") await new Promise<void>((resolve) => (letGo = resolve));
      return text(url);
    });
    const [fresh, idle, busy] = [clientOf(port), clientOf(port), clientOf(port)];
    idle.send(post("/1", ""));
    busy.send(post("/slow", ""));
    await idle.until(({ bodies }) => bodies.length === 1);
    const ended = closed(server);
    beginDrain();
    await Promise.all([fresh, idle].map((one) => one.until(({ isClosed }) => isClosed)));
    expect(busy.isClosed).toBe(false);
    letGo();
    await busy.until(({ isClosed }) => isClosed);
    expect(busy.text).toContain("Connection: close");
    expect(busy.bodies).toEqual(["/slow"]);
    await ended;
  });
});
