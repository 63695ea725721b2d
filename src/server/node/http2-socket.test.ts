import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import type { GrpcUnaryMethod } from "../grpc/call.ts";
import { framePrefix } from "../grpc/frames.ts";
import * as h2 from "../http2/protocol.ts";
import { block, frame, HELLO, readFrames, settings, word } from "../http2/testing/frames.ts";
import { GrpcClient } from "../testing/grpc-client.ts";
import { createGrpcServer, type GrpcServerOptions } from "./http2.ts";
import { NO_LIMITS } from "./socket-limits.ts";

const PEM = JSON.parse(readFileSync(new URL("./tls.fixtures.json", import.meta.url), "utf8")) as Readonly<
  Record<"ca" | "key" | "cert", string>
>;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Answers with the message itself, or with its sum and length. */
const METHODS: Readonly<Record<string, GrpcUnaryMethod>> = {
  "/echo": { handle: async ({ message }) => [message.slice(0, 10), message.slice(10)], returnsMessage: true },
  "/same": { handle: async ({ message }) => [message], returnsMessage: true },
  "/sum": {
    handle: async ({ message }) => [word(message.reduce((sum, byte) => sum + byte, 0)), word(message.length)],
    alignmentHint: () => 3,
    returnsMessage: true,
  },
};

async function start(more: Partial<GrpcServerOptions> = {}) {
  const lines: string[] = [];
  const server = createGrpcServer({
    methods: new Map(Object.entries(METHODS)),
    maxMessageBytes: 2 ** 30,
    log: (_level, message) => lines.push(message),
    ...more,
  });
  server.server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  cleanups.push(async () => {
    server.destroy();
    await new Promise((resolve) => server.server.close(resolve));
  });
  const { port } = server.server.address() as AddressInfo; // it listens on a port
  return { server, port, lines };
}

/** A client that writes frames itself. */
async function rawClient(port: number): Promise<{ socket: Socket; received: () => Buffer }> {
  const socket = connect(port, "127.0.0.1");
  cleanups.push(() => socket.destroy());
  await once(socket, "connect");
  const pieces: Buffer[] = [];
  socket.on("data", (piece) => pieces.push(piece)).on("error", () => undefined);
  return { socket, received: () => Buffer.concat(pieces) };
}

const request = (stream: number, path: string): Buffer =>
  frame(
    h2.HEADERS,
    h2.END_HEADERS,
    stream,
    block([":method", "POST"], [":scheme", "http"], [":path", path], ["content-type", "application/grpc"]),
  );
const pattern = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8) * 13 + seed) & 0xff);

describe("messages", () => {
  it("of many sizes in frames as large as there may be come out as they went in, one after the other", async () => {
    const { port } = await start();
    const { socket, received } = await rawClient(port);
    socket.write(
      Buffer.concat([h2.PREFACE, settings([4, 2 ** 30]), frame(h2.WINDOW_UPDATE, 0, 0, word(2 ** 30))]),
    );
    const messages = [600_000, 5_000_000, 100, 600_000, 70_000, 599_000, 0, 40_000].map((length, index) =>
      pattern(length, index),
    );
    for (const [index, message] of messages.entries()) {
      const bytes = Buffer.concat([framePrefix(message.length), message]);
      socket.write(request(2 * index + 1, "/sum"));
      for (let at = 0; at < bytes.length; at += 2 ** 20) {
        const isLast = at + 2 ** 20 >= bytes.length;
        socket.write(
          frame(h2.DATA, isLast ? h2.END_STREAM : 0, 2 * index + 1, bytes.subarray(at, at + 2 ** 20)),
        );
      }
    }
    const answers = () => {
      try {
        return readFrames([received()]).filter(({ type }) => type === h2.DATA);
      } catch {
        return []; // the last frame is not whole yet
      }
    };
    await expect.poll(() => answers().length, { timeout: 10_000 }).toBe(messages.length);
    const sums = new Map(
      answers().map(({ stream, payload }) => [stream, [payload.readUInt32BE(5), payload.readUInt32BE(9)]]),
    );
    for (const [index, message] of messages.entries()) {
      expect(sums.get(2 * index + 1)).toEqual([message.reduce((sum, byte) => sum + byte, 0), message.length]);
    }
  });

  it("of 64 calls on one connection reach their own callers", async () => {
    const { port } = await start();
    const client = new GrpcClient(port);
    cleanups.push(() => client.close());
    const messages = Array.from({ length: 64 }, (_, index) => pattern(index * 1500, index));
    const paths = ["/echo", "/same"];
    const calls = messages.map((message, index) => client.call(paths[index % 2] ?? "", message));
    for (const [index, answer] of (await Promise.all(calls)).entries()) {
      expect(answer.status).toBe(0);
      expect(Buffer.from(answer.body ?? []).equals(messages[index] ?? new Uint8Array(1))).toBe(true);
    }
  });

  it("of 20 MB go there and back, and their memory does not mix with that of others", async () => {
    const { port } = await start();
    const client = new GrpcClient(port, { maxSessionMemory: 1000 });
    cleanups.push(() => client.close());
    const large = pattern(20_000_000, 5);
    const small = Array.from({ length: 20 }, (_, index) => pattern(50_000, index));
    const answers = await Promise.all([large, ...small].map((message) => client.call("/same", message)));
    for (const [index, message] of [large, ...small].entries()) {
      expect(Buffer.from(answers[index]?.body ?? []).equals(message)).toBe(true);
    }
  });
});

describe("a call's handler", () => {
  it("that breaks fails its own call and no other", async () => {
    const broken = (): never => {
      throw new TypeError("a mistake of ours");
    };
    const later = async (): Promise<never> => broken();
    const methods = new Map([
      ...Object.entries(METHODS),
      ["/broken", { handle: broken }],
      ["/later", { handle: later }],
    ] as const);
    const { port, lines } = await start({ methods });
    const client = new GrpcClient(port);
    cleanups.push(() => client.close());
    const paths = ["/broken", "/later", "/echo"];
    const answers = await Promise.all(paths.map((path) => client.call(path, Uint8Array.of(1))));
    expect(answers.map(({ status }) => status)).toEqual([13, 13, 0]);
    expect(lines).toEqual(["gRPC: /broken: a mistake of ours", "gRPC: /later: a mistake of ours"]);
  });
});

describe("a client", () => {
  it("that takes nothing is not read from for ever, and holds up no one else", async () => {
    const { port, server } = await start();
    const { socket } = await rawClient(port);
    socket.pause();
    socket.write(
      Buffer.concat([h2.PREFACE, settings([4, 2 ** 30]), frame(h2.WINDOW_UPDATE, 0, 0, word(2 ** 30))]),
    );
    const message = pattern(1_000_000, 1);
    const bytes = Buffer.concat([framePrefix(message.length), message]);
    let stream = 1;
    // Answers fill the socket's buffers, then the calls that may be open, and then the client waits.
    for (; stream < 80; stream += 2) {
      socket.write(Buffer.concat([request(stream, "/same"), frame(h2.DATA, h2.END_STREAM, stream, bytes)]));
    }
    const other = new GrpcClient(port);
    cleanups.push(() => other.close());
    expect((await other.call("/same", message)).status).toBe(0);
    socket.resume();
    await expect.poll(() => server.inFlight(), { timeout: 10_000 }).toBe(0);
  });

  it("that opens no window for its answer is given up in the end", async () => {
    const { port, server } = await start({ sendIdleMs: 100 });
    const { socket } = await rawClient(port);
    const message = Buffer.concat([framePrefix(100_000), pattern(100_000, 1)]);
    socket.write(Buffer.concat([HELLO, request(1, "/same"), frame(h2.DATA, h2.END_STREAM, 1, message)]));
    await expect.poll(() => server.inFlight()).toBe(1);
    await expect.poll(() => server.inFlight()).toBe(0);
  });

  it("that sends slowly is waited for, and one that stops is not", async () => {
    const { port } = await start({ limits: { ...NO_LIMITS, receiveIdleMs: 150 } });
    const message = pattern(300_000, 3);
    const bytes = frame(h2.DATA, h2.END_STREAM, 1, Buffer.concat([framePrefix(message.length), message]));
    const clients = [await rawClient(port), await rawClient(port)] as const;
    for (const [index, { socket }] of clients.entries()) {
      socket.write(Buffer.concat([HELLO, request(1, "/sum")]));
      for (let at = 0; at < (index === 0 ? bytes.length : 100_000); at += 20_000) {
        socket.write(bytes.subarray(at, at + 20_000));
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
    }
    const [slow, stopped] = clients;
    const ofType = ({ received }: typeof slow, type: number): Buffer[] =>
      readFrames([received()]).flatMap((one) => (one.type === type ? [one.payload] : []));
    await expect.poll(() => ofType(slow, h2.DATA).length).toBe(1);
    expect(ofType(slow, h2.DATA)[0]?.readUInt32BE(9)).toBe(message.length);
    expect(ofType(slow, h2.DATA)[0]?.readUInt32BE(5)).toBe(message.reduce((sum, byte) => sum + byte, 0));
    await expect
      .poll(() => ofType(stopped, h2.HEADERS).join(""))
      .toContain("nothing of the request came for 150 ms");
  });

  it("that sends too much metadata is refused that call, and keeps its connection", async () => {
    const told: unknown[] = [];
    const { port } = await start({ answered: ({ call, status }) => told.push([call, status]) });
    const { socket, received } = await rawClient(port);
    const fields = [
      [":method", "POST"],
      [":scheme", "http"],
      [":path", "/echo"],
      ["big", "v".repeat(100_000)],
    ] as const;
    const message = Buffer.concat([framePrefix(3), pattern(3, 1)]);
    const body = (stream: number) => frame(h2.DATA, h2.END_STREAM, stream, message);
    socket.write(Buffer.concat([HELLO, frame(h2.HEADERS, h2.END_HEADERS, 1, block(...fields)), body(1)]));
    socket.write(Buffer.concat([request(3, "/echo"), body(3)]));
    await expect
      .poll(() => told)
      .toEqual([
        ["/echo", "RESOURCE_EXHAUSTED"],
        ["/echo", "OK"],
      ]);
    await expect
      .poll(() => readFrames([received()]).some(({ type, stream }) => type === h2.DATA && stream === 3))
      .toBe(true);
    const frames = readFrames([received()]);
    expect(frames.some(({ type }) => type === h2.GOAWAY)).toBe(false);
    const refusal = frames
      .find(({ type, stream }) => type === h2.HEADERS && stream === 1)
      ?.payload.toString("latin1");
    expect(refusal).toContain("received metadata size exceeds limit (100163 vs. 65536)");
  });

  it("that breaks the protocol is told why, and its connection ends", async () => {
    const { port, lines } = await start();
    const { socket, received } = await rawClient(port);
    socket.write(Buffer.concat([HELLO, frame(h2.PING, 0, 1, new Uint8Array(8))]));
    await once(socket, "end");
    const last = readFrames([received()]).at(-1);
    expect(last?.type).toBe(h2.GOAWAY);
    expect(last?.payload.toString("latin1", 8)).toBe("PING belongs to the connection");
    expect(lines).toEqual(["gRPC: PING belongs to the connection"]);
  });

  it("of HTTP/1.1 is sent away", async () => {
    const { port } = await start();
    const { socket } = await rawClient(port);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(socket, "close");
  });

  it("that is no client of gRPC is told what this is", async () => {
    const { port } = await start();
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    cleanups.push(() => session.destroy());
    const stream = session.request({ ":path": "/" });
    let text = "";
    stream.on("data", (piece) => {
      text += piece;
    });
    const [answer] = await once(stream, "response");
    await once(stream, "end");
    expect([answer[":status"], text]).toEqual([
      405,
      "This port speaks gRPC: POST with content-type application/grpc\n",
    ]);
  });

  it("over TLS has to say that it speaks HTTP/2", async () => {
    const { port } = await start({ tls: { key: PEM.key, cert: PEM.cert, ca: PEM.ca, clientVerify: false } });
    const spoken = async (ALPNProtocols: string[]) => {
      const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols });
      cleanups.push(() => socket.destroy());
      socket.on("error", () => undefined).write(HELLO);
      return new Promise((resolve) =>
        socket.once("data", () => resolve("served")).once("close", () => resolve("closed")),
      );
    };
    expect([await spoken(["h2"]), await spoken(["http/1.1"]), await spoken([])]).toEqual([
      "served",
      "closed",
      "closed",
    ]);
  });
});

it("a server that drains ends the connections that come late too", async () => {
  const { port, server } = await start();
  server.beginDrain();
  const { socket, received } = await rawClient(port);
  socket.write(HELLO);
  await once(socket, "close");
  expect(received().length).toBeGreaterThanOrEqual(0);
});
