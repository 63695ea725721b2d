import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as h2 from "./protocol.ts";
import { OK, TestConnection } from "./testing/connection.ts";
import { block, frame, HELLO, headers, REQUEST, readFrames, settings, word } from "./testing/frames.ts";

const END = h2.END_HEADERS | h2.END_STREAM;
const data = (stream: number, payload: Uint8Array | readonly number[], flags = 0): Buffer =>
  frame(h2.DATA, flags, stream, payload);
const dataOf = (test: TestConnection, stream = 1): Buffer =>
  Buffer.concat(
    test.frames.filter((one) => one.type === h2.DATA && one.stream === stream).map(({ payload }) => payload),
  );

describe("a call", () => {
  it("is told of its body and answered, wherever the client's bytes are cut", () => {
    const body = Uint8Array.from({ length: 40_000 }, (_, index) => index);
    const whole = Buffer.concat([
      HELLO,
      frame(h2.HEADERS, h2.PADDED | h2.PRIORITIZED, 1, [
        2,
        0,
        0,
        0,
        0,
        1,
        ...block(...REQUEST.slice(0, 2)),
        0,
        0,
      ]),
      frame(h2.CONTINUATION, h2.END_HEADERS, 1, block(...REQUEST.slice(2), ["a", "1"])),
      data(1, body.subarray(0, 30_000)),
      data(1, [3, ...body.subarray(30_000), 0, 0, 0], h2.PADDED | h2.END_STREAM),
    ]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1 }), (sizes) => {
        const test = new TestConnection({}, Buffer.alloc(0));
        for (let at = 0, turn = 0; at < whole.length; turn++) {
          const end = at + (sizes[turn % sizes.length] ?? 1);
          test.send(whole.subarray(at, end));
          at = end;
        }
        const call = test.call();
        expect(call.ended).toBe(true);
        expect(call.stream.headers.get("a")).toBe("1");
        expect(Buffer.concat(call.body).equals(body)).toBe(true);
        call.stream.respond([[":status", "200"]]);
        call.stream.write([Uint8Array.of(1, 2), Uint8Array.of(3)]);
        call.stream.end([OK]);
        test.take();
        expect(call.closed).toBe(true);
        expect(test.connection.inFlight).toBe(0);
        expect([...dataOf(test)]).toEqual([1, 2, 3]);
        expect(test.frames.at(-1)).toMatchObject({ type: h2.HEADERS, flags: END, stream: 1 });
      }),
      { numRuns: 50 },
    );
  });

  it("that is answered early is reset without an error, and what still comes is thrown away", () => {
    const test = new TestConnection().send(headers(1), data(1, [1]));
    test.call().stream.respond([[":status", "200"], OK], true);
    expect(test.resets()).toEqual([[1, h2.NO_ERROR]]);
    test.send(data(1, [2]), data(1, [3], h2.END_STREAM));
    expect(test.take()).toEqual([]);
    expect(test.call().body).toHaveLength(1);
  });

  it("that the client gives up is closed, and no answer is sent", () => {
    const test = new TestConnection().send(headers(1), frame(h2.RST_STREAM, 0, 1, word(h2.CANCEL)));
    const call = test.call();
    expect([call.closed, call.ended]).toEqual([false, false]);
    call.stream.respond([[":status", "200"]]);
    call.stream.write([Uint8Array.of(1)]);
    call.stream.end([OK]);
    expect(test.take()).toEqual([]);
  });

  it("ends with trailers too, and with nothing but headers", () => {
    const test = new TestConnection().send(
      headers(1),
      data(1, [1]),
      frame(h2.HEADERS, END, 1, block(["a", "1"])),
      headers(3, END),
    );
    expect(test.calls.map(({ ended }) => ended)).toEqual([true, true]);
  });

  it("is read straight to where it will lie, where enough of it comes at once", () => {
    const test = new TestConnection().send(headers(1));
    const memory = new Uint8Array(100_000);
    test.call().stream.sink = { ...test.call().stream.sink, room: () => memory };
    test.send(data(1, new Uint8Array(90_000)).subarray(0, 9 + 40_000));
    expect(test.connection.room()?.length).toBe(50_000); // the frame ends there
    test.send(new Uint8Array(30_000));
    expect(test.connection.room()).toBeUndefined();
    test.send(new Uint8Array(20_000));
    expect(test.connection.room()).toBeUndefined();
    expect(Buffer.concat(test.call().body)).toHaveLength(90_000);
  });
});

describe("an answer", () => {
  const answering = (bytes: number, ...hello: readonly Buffer[]) => {
    const test = new TestConnection({}, Buffer.concat([h2.PREFACE, ...hello])).send(headers(1, END));
    const { stream } = test.call();
    stream.respond([[":status", "200"]]);
    const body = Uint8Array.from({ length: bytes }, (_, index) => index % 251);
    stream.write([body.subarray(0, 5), body.subarray(5)]);
    stream.end([OK]);
    return { test, body, stream };
  };

  it("keeps to the client's windows and frames", () => {
    const { test, body } = answering(200_000, settings([4, 100_000]));
    test.take();
    expect(dataOf(test)).toHaveLength(65_535);
    test.send(frame(h2.WINDOW_UPDATE, 0, 0, word(1_000_000))).take();
    expect(dataOf(test)).toHaveLength(100_000);
    test.send(settings([4, 150_000], [5, 20_000])).take();
    expect(dataOf(test)).toHaveLength(150_000);
    test.send(frame(h2.WINDOW_UPDATE, 0, 1, word(1_000_000))).take();
    expect(dataOf(test).equals(body)).toBe(true);
    const lengths = test.frames.filter(({ type }) => type === h2.DATA).map(({ payload }) => payload.length);
    expect(Math.max(...lengths)).toBe(20_000);
    expect(test.call().closed).toBe(true);
  });

  it("waits while a window is below nothing", () => {
    const { test } = answering(60_000, settings([4, 50_000]));
    test.take();
    test.send(settings([4, 10_000])).take();
    test.send(frame(h2.WINDOW_UPDATE, 0, 1, word(40_000))).take();
    expect(dataOf(test)).toHaveLength(50_000);
    test.send(frame(h2.WINDOW_UPDATE, 0, 1, word(10_000))).take();
    expect(dataOf(test)).toHaveLength(60_000);
  });

  it("lets others have their turn", () => {
    const test = new TestConnection({}, Buffer.concat([h2.PREFACE, settings([4, 2 ** 30])]));
    test.send(frame(h2.WINDOW_UPDATE, 0, 0, word(2 ** 30)), headers(1, END), headers(3, END));
    for (const [index, bytes] of [1_000_000, 100].entries()) {
      const { stream } = test.call(index);
      stream.respond([[":status", "200"]]);
      stream.write([new Uint8Array(bytes)]);
      stream.end([OK]);
    }
    const frames = readFrames(test.connection.take(2 ** 17));
    expect(frames.some(({ stream, type }) => stream === 3 && type === h2.DATA)).toBe(true);
    expect(test.call(1).closed).toBe(true);
    expect(test.call(0).closed).toBeUndefined();
  });

  it("tells its writer when to go on, also if that is never", async () => {
    const { test, stream } = answering(200_000, settings());
    test.take();
    expect(stream.isFull).toBe(true);
    let isDrained = false;
    const drained = stream.drained().then(() => {
      isDrained = true;
    });
    test
      .send(frame(h2.WINDOW_UPDATE, 0, 0, word(10_000)), frame(h2.WINDOW_UPDATE, 0, 1, word(10_000)))
      .take();
    await drained;
    expect([isDrained, stream.isFull]).toEqual([true, false]);
    const other = answering(200_000, settings());
    const waiting = other.stream.drained();
    other.test.connection.closed();
    await waiting;
  });

  it("may be longer than a frame in its headers", () => {
    const test = new TestConnection().send(headers(1, END));
    test.call().stream.respond(
      [
        [":status", "200"],
        ["a", "x".repeat(40_000)],
      ],
      true,
    );
    expect(test.take().map(({ type, flags }) => [type, flags])).toEqual([
      [h2.HEADERS, h2.END_STREAM],
      [h2.CONTINUATION, 0],
      [h2.CONTINUATION, h2.END_HEADERS],
    ]);
  });
});

describe("windows", () => {
  it("are given back in large updates, also for what nobody wanted", () => {
    const test = new TestConnection().send(headers(1));
    const piece = data(1, new Uint8Array(2 ** 20));
    for (let count = 0; count < 64; count++) test.send(piece);
    const updates = test.take().filter(({ type }) => type === h2.WINDOW_UPDATE);
    expect(updates.filter(({ stream }) => stream === 1)).toHaveLength(16);
    expect(updates.filter(({ stream }) => stream === 0)).toHaveLength(2);
    test.call().stream.reset();
    for (let count = 0; count < 32; count++) test.send(piece);
    const after = test.take().filter(({ type }) => type === h2.WINDOW_UPDATE);
    expect(after.map(({ stream, payload }) => [stream, payload.readUInt32BE(0)])).toEqual([[0, 2 ** 25]]);
  });

  it("stay shut while a call is paused, and open when it goes on", () => {
    const test = new TestConnection().send(headers(1));
    test.call().stream.pause();
    for (let count = 0; count < 8; count++) test.send(data(1, new Uint8Array(2 ** 20)));
    expect(test.take()).toEqual([]);
    test.call().stream.resume();
    expect(test.take().map(({ type, stream }) => [type, stream])).toEqual([[h2.WINDOW_UPDATE, 1]]);
  });
});

describe("the end", () => {
  it("comes when the calls that the client began are answered", () => {
    const test = new TestConnection().send(headers(1, END));
    test.connection.beginDrain();
    const [goAway, ping] = test.take();
    expect(goAway?.payload.readUInt32BE(0)).toBe(2 ** 31 - 1);
    test.send(headers(3, END)); // it was on its way
    test.send(frame(h2.PING, h2.ACK, 0, ping?.payload));
    expect(test.take().at(-1)?.payload.readUInt32BE(0)).toBe(3);
    test.send(headers(5, END));
    expect(test.calls).toHaveLength(2);
    expect(test.connection.isOver).toBe(false);
    for (const { stream } of test.calls) stream.respond([[":status", "200"], OK], true);
    expect(test.connection.isOver).toBe(true);
  });

  it("comes for a client too that does not answer", () => {
    const test = new TestConnection();
    test.connection.beginDrain();
    test.connection.beginDrain();
    test.connection.endDrain();
    expect(test.take().filter(({ type }) => type === h2.GOAWAY)).toHaveLength(2);
    expect(test.connection.isOver).toBe(true);
  });

  it("of the socket ends every call", () => {
    const test = new TestConnection().send(headers(1), headers(3, END));
    test.connection.closed();
    expect(test.calls.map(({ closed }) => closed)).toEqual([false, false]);
    test.connection.closed();
  });
});
