import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { RestHandler } from "../rest/message.ts";
import { clientOf, post, serveRest, TLS, text } from "../testing/rest-server.ts";
import { NO_LIMITS } from "./socket-limits.ts";

describe("long bodies", () => {
  it.each([
    ["", false],
    [" over TLS", true],
  ])(
    "arrive as they were sent, however they are read, on many connections at once%s",
    async (_, secure) => {
      const room = new Uint8Array(100_000);
      const handle: RestHandler = async ({ url, body, takeBody }) => {
        const hash = createHash("sha256");
        const isSlow = url.includes("slow");
        const take = (piece: Uint8Array): Promise<void> | undefined => {
          hash.update(piece);
          return isSlow ? new Promise(setImmediate) : undefined;
        };
        if (url.includes("taken")) {
          await takeBody?.({ ...(url.includes("room") ? { room: () => room } : {}), take });
        } else {
          const kept: Uint8Array[] = [];
          for await (const piece of body) {
            if (isSlow) await new Promise(setImmediate);
            kept.push(piece);
          }
          for (const piece of kept) hash.update(piece);
        }
        return text(hash.digest("hex"));
      };
      const { port } = await serveRest(handle, secure ? { tls: TLS } : {});
      const clients = ["taken", "taken-room", "slow-taken", "slow-taken-room", "kept", "slow-kept"].flatMap(
        (way) =>
          ["length", "chunks"].map(async (framing, at) => {
            const bytes = Buffer.from(
              Float64Array.from({ length: 60_000 }, (_, i) => Math.sin(i + at)).buffer,
            );
            const hash = createHash("sha256").update(bytes).digest("hex");
            const client = clientOf(port, secure);
            for (const path of [`/${way}/1`, `/${way}/2`]) {
              const half = bytes.length / 2;
              const [head, between, end] =
                framing === "length"
                  ? [`Content-Length: ${bytes.length}`, "", ""]
                  : ["Transfer-Encoding: chunked", `\r\n${half.toString(16)}\r\n`, "\r\n0\r\n\r\n"];
              client.send(`POST ${path} HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n${between.slice(2)}`);
              client.socket.write(bytes.subarray(0, half));
              client.send(between);
              client.socket.write(bytes.subarray(half));
              client.send(end);
            }
            await client.until(({ bodies }) => bodies.length === 2);
            expect(client.bodies).toEqual([hash, hash]);
          }),
      );
      await Promise.all(clients);
    },
    30_000,
  );
});

describe("a body that is waited for whole", () => {
  const LENGTH = 300_000;
  /** Has all of it read to one place, as far as it comes. */
  const waiting: RestHandler = async ({ takeBody }) => {
    const place = new Uint8Array(LENGTH);
    let filled = 0;
    const left = (): Uint8Array => place.subarray(filled);
    const take = (piece: Uint8Array): undefined => {
      if (piece.byteOffset !== filled || piece.buffer !== place.buffer) place.set(piece, filled);
      filled += piece.length;
    };
    try {
      await takeBody?.({ room: left, least: () => left().length, take });
      return text(`${filled} bytes, ${createHash("sha256").update(place).digest("hex")}`);
    } catch (error) {
      return text(error instanceof Error ? error.message : "", 408);
    }
  };
  const bytes = Buffer.from(Uint8Array.from({ length: LENGTH }, (_, i) => i * 7 + (i >> 8)));
  const head = (length: number): string => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const ALL = `${LENGTH} bytes, ${createHash("sha256").update(bytes).digest("hex")}`;

  it("may come slowly, as long as it comes", async () => {
    const { port } = await serveRest(waiting, { limits: { ...NO_LIMITS, receiveIdleMs: 150 } });
    const client = clientOf(port);
    client.send(head(LENGTH));
    for (let at = 0; at < LENGTH; at += 20_000) {
      client.socket.write(bytes.subarray(at, at + 20_000));
      await pause(50);
    }
    await client.until(({ bodies }) => bodies.length === 1);
    // Nothing is left of the waiting: a request of a few bytes is seen at once.
    client.socket.write(Buffer.concat([Buffer.from(head(LENGTH)), bytes]));
    client.send(post("/behind", "x"));
    await client.until(({ bodies }) => bodies.length === 3);
    expect(client.bodies.slice(0, 2)).toEqual([ALL, ALL]);
  });

  it("is given up when it stops coming, or its connection ends", async () => {
    const { port, inFlight } = await serveRest(waiting, { limits: { ...NO_LIMITS, receiveIdleMs: 150 } });
    const [stopped, ended] = [clientOf(port), clientOf(port)];
    for (const client of [stopped, ended]) {
      client.send(head(LENGTH));
      client.socket.write(bytes.subarray(0, 100_000));
    }
    await pause(20);
    ended.socket.end();
    await Promise.all([stopped, ended].map((client) => client.until(({ isClosed }) => isClosed)));
    expect(stopped.bodies[0]).toContain("nothing of the request came for 150 ms");
    expect(inFlight()).toBe(0);
  });

  it("ends where its length says, whatever is waited for", async () => {
    const { port } = await serveRest(waiting);
    const client = clientOf(port);
    client.send(head(200_000));
    for (const at of [0, 100_000]) {
      await pause(20);
      client.socket.write(bytes.subarray(at, at + 100_000));
    }
    await client.until(({ bodies }) => bodies.length === 1);
    expect(client.bodies[0]).toMatch(/^200000 bytes, /);
  });
});
