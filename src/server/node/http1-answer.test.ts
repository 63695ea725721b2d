import { Duplex } from "node:stream";
import { expect, it } from "vitest";
import { parseHead } from "../http1/request-head.ts";
import { writeAnswer } from "./http1-answer.ts";
import { Http1Request } from "./http1-request.ts";

it("gives others a turn between its pieces, also where the socket takes each at once", async () => {
  const head = parseHead("GET / HTTP/1.1\r\nHost: a");
  if (typeof head === "number") throw new Error(`status ${head}`);
  const source = { pause: () => undefined, resume: () => undefined, hurry: () => false };
  const request = new Http1Request(head, new Uint8Array(0), { source, idleMs: 0, watch: undefined });
  let taken = 0;
  const socket = new Duplex({
    highWaterMark: 100,
    read: () => undefined,
    write: (chunk: Uint8Array, _encoding, done) => {
      taken += chunk.length;
      done();
    },
  });
  let turn = 0;
  const count = (): void => {
    turn++;
    if (!socket.destroyed) setImmediate(count);
  };
  setImmediate(count);
  const turns: number[] = [];
  function* pieces(): Generator<Uint8Array, void> {
    for (const byteLength of [50, 1000, 1000, 50, 1000]) {
      turns.push(turn);
      yield new Uint8Array(byteLength);
    }
  }
  await writeAnswer(socket, request, { status: 200, headers: {}, body: pieces() }, false);
  socket.destroy();
  expect(taken).toBeGreaterThan(3100);
  // The first two are asked for together, to see whether there is one alone.
  expect(new Set(turns).size).toBe(turns.length - 1);
});
