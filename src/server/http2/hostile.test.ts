// What a client may not do, and what it may not do too often.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CONNECTION_WINDOW_BYTES,
  IDLE_FRAMES,
  MAX_CONTINUATION_FRAMES,
  MAX_CONTROL_FRAME_BYTES,
  MAX_FRAME_BYTES,
  MAX_HEADER_BLOCK_BYTES,
  MAX_SETTINGS,
  MAX_WAITING_CONTROL_BYTES,
  RESETS,
  STREAM_WINDOW_BYTES,
} from "./limits.ts";
import * as h2 from "./protocol.ts";
import { OK, TestConnection } from "./testing/connection.ts";
import { block, frame, HELLO, headers, REQUEST, settings, word } from "./testing/frames.ts";

const END = h2.END_HEADERS | h2.END_STREAM;
const PING = frame(h2.PING, 0, 0, new Uint8Array(8));
const reset = (stream: number): Buffer => frame(h2.RST_STREAM, 0, stream, word(h2.CANCEL));
const update = (stream: number, bytes: number): Buffer => frame(h2.WINDOW_UPDATE, 0, stream, word(bytes));
const times = (count: number, bytes: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => bytes(index)));
/** The codes of the GOAWAY and of the first stream's reset. */
function ends(...parts: readonly Buffer[]): readonly unknown[] {
  const test = new TestConnection().send(...parts);
  const frames = test.take();
  const away = frames.find(({ type }) => type === h2.GOAWAY)?.payload.readUInt32BE(4);
  const cut = frames.find(({ type }) => type === h2.RST_STREAM)?.payload.readUInt32BE(0);
  expect(test.connection.isOver).toBe(away !== undefined);
  return [away, cut];
}

describe("a connection ends with", () => {
  const { PROTOCOL_ERROR, FRAME_SIZE_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, COMPRESSION_ERROR } = h2;
  it.each<readonly [string, number, readonly Buffer[]]>([
    ["DATA of no stream", PROTOCOL_ERROR, [frame(h2.DATA, 0, 0, [1])]],
    ["DATA of a stream that was not begun", PROTOCOL_ERROR, [frame(h2.DATA, 0, 1, [1])]],
    ["DATA that is all padding and more", PROTOCOL_ERROR, [headers(1), frame(h2.DATA, h2.PADDED, 1, [9, 1])]],
    ["padded DATA without a length", PROTOCOL_ERROR, [headers(1), frame(h2.DATA, h2.PADDED, 1)]],
    ["HEADERS of no stream", PROTOCOL_ERROR, [headers(0)]],
    ["HEADERS of a server's stream", PROTOCOL_ERROR, [headers(2)]],
    ["HEADERS that are all padding and more", PROTOCOL_ERROR, [frame(h2.HEADERS, h2.PADDED, 1, [9, 1])]],
    ["HEADERS that are cut off", FRAME_SIZE_ERROR, [frame(h2.HEADERS, h2.PRIORITIZED, 1, [0, 0])]],
    ["HEADERS that cannot be read", COMPRESSION_ERROR, [frame(h2.HEADERS, END, 1, [0x80])]],
    ["numbers that go down", PROTOCOL_ERROR, [headers(5, END), headers(3, END)]],
    ["a frame between a call's headers", PROTOCOL_ERROR, [headers(1, 0), PING]],
    ["CONTINUATION of another stream", PROTOCOL_ERROR, [headers(1, 0), frame(h2.CONTINUATION, 4, 3)]],
    ["CONTINUATION of nothing", PROTOCOL_ERROR, [headers(1), frame(h2.CONTINUATION, 4, 1)]],
    ["PRIORITY of no stream", PROTOCOL_ERROR, [frame(h2.PRIORITY, 0, 0, [0, 0, 0, 0, 0])]],
    ["PRIORITY of another size", FRAME_SIZE_ERROR, [frame(h2.PRIORITY, 0, 1, [0, 0, 0, 0])]],
    [
      "PRIORITY of a stream that depends on itself",
      PROTOCOL_ERROR,
      [frame(h2.PRIORITY, 0, 3, [0, 0, 0, 3, 0])],
    ],
    ["RST_STREAM of no stream", PROTOCOL_ERROR, [reset(0)]],
    ["RST_STREAM of a stream that was not begun", PROTOCOL_ERROR, [reset(1)]],
    ["RST_STREAM of another size", FRAME_SIZE_ERROR, [headers(1), frame(h2.RST_STREAM, 0, 1, [0])]],
    ["SETTINGS of a stream", PROTOCOL_ERROR, [frame(h2.SETTINGS, 0, 1)]],
    ["SETTINGS that are cut off", FRAME_SIZE_ERROR, [frame(h2.SETTINGS, 0, 0, [0, 1, 0])]],
    ["SETTINGS in an acknowledgement", FRAME_SIZE_ERROR, [frame(h2.SETTINGS, h2.ACK, 0, new Uint8Array(6))]],
    ["ENABLE_PUSH of 2", PROTOCOL_ERROR, [settings([2, 2])]],
    ["a window beyond 31 bits", FLOW_CONTROL_ERROR, [settings([4, 2 ** 31])]],
    ["frames too small", PROTOCOL_ERROR, [settings([5, 100])]],
    ["frames too large", PROTOCOL_ERROR, [settings([5, 2 ** 24])]],
    ["PUSH_PROMISE", PROTOCOL_ERROR, [frame(h2.PUSH_PROMISE, 4, 1, word(2))]],
    ["PING of a stream", PROTOCOL_ERROR, [frame(h2.PING, 0, 1, new Uint8Array(8))]],
    ["PING of another size", FRAME_SIZE_ERROR, [frame(h2.PING, 0, 0, new Uint8Array(6))]],
    ["GOAWAY of a stream", PROTOCOL_ERROR, [frame(h2.GOAWAY, 0, 1, new Uint8Array(8))]],
    ["GOAWAY that is cut off", FRAME_SIZE_ERROR, [frame(h2.GOAWAY, 0, 0, new Uint8Array(7))]],
    ["a window that grows by nothing", PROTOCOL_ERROR, [update(0, 0)]],
    ["a window that grows too large", FLOW_CONTROL_ERROR, [update(0, 2 ** 31 - 1)]],
    [
      "a stream's window that grows with SETTINGS",
      FLOW_CONTROL_ERROR,
      [headers(1), update(1, 2 ** 31 - 70_000), settings([4, 80_000])],
    ],
    ["WINDOW_UPDATE of another size", FRAME_SIZE_ERROR, [frame(h2.WINDOW_UPDATE, 0, 0, [1])]],
    ["WINDOW_UPDATE of a stream that was not begun", PROTOCOL_ERROR, [update(1, 1)]],
    ["HEADERS of a call that was given up", STREAM_CLOSED, [headers(1), reset(1), headers(1)]],
    [
      "a frame that is too large",
      FRAME_SIZE_ERROR,
      [frame(h2.DATA, 0, 1, new Uint8Array(MAX_FRAME_BYTES + 1))],
    ],
  ])("%s", (_, code, parts) => {
    expect(ends(...parts)[0]).toBe(code);
  });

  it("another preface, or no SETTINGS first", () => {
    for (const hello of [Buffer.from("GET / HTTP/1.1\r\n\r\n"), Buffer.concat([h2.PREFACE, PING])]) {
      const test = new TestConnection({}, Buffer.alloc(0)).send(hello);
      expect(test.connection.error?.code).toBe(h2.PROTOCOL_ERROR);
    }
  });

  it("a call's handler that breaks, and the process goes on", () => {
    const open = () => {
      throw new TypeError("a mistake of ours");
    };
    const test = new TestConnection({ open }).send(headers(1));
    expect(test.goneAway()).toBe(h2.INTERNAL_ERROR);
  });
});

describe("a stream ends with", () => {
  const { PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, REFUSED_STREAM } = h2;
  const length = (value: string) => headers(1, h2.END_HEADERS, [...REQUEST, ["content-length", value]]);
  it.each<readonly [string, number, readonly Buffer[]]>([
    ["headers that are no request", PROTOCOL_ERROR, [headers(1, END, [[":method", "POST"]])]],
    [
      "a dependency on itself",
      PROTOCOL_ERROR,
      [frame(h2.HEADERS, END | h2.PRIORITIZED, 1, [0, 0, 0, 1, 0, ...block(...REQUEST)])],
    ],
    [
      "trailers that do not end it",
      PROTOCOL_ERROR,
      [headers(1), frame(h2.HEADERS, h2.END_HEADERS, 1, block(["a", "1"]))],
    ],
    ["trailers of the protocol's names", PROTOCOL_ERROR, [headers(1), headers(1, END)]],
    ["less than was announced", PROTOCOL_ERROR, [length("2"), frame(h2.DATA, h2.END_STREAM, 1, [1])]],
    ["more than was announced", PROTOCOL_ERROR, [length("2"), frame(h2.DATA, h2.END_STREAM, 1, [1, 2, 3])]],
    [
      "an announcement that is no number",
      PROTOCOL_ERROR,
      [length("two"), frame(h2.DATA, h2.END_STREAM, 1, [1, 2])],
    ],
    ["DATA after its end", STREAM_CLOSED, [headers(1, END), frame(h2.DATA, 0, 1, [1])]],
    ["DATA after it was given up", STREAM_CLOSED, [headers(1), reset(1), frame(h2.DATA, 0, 1, [1])]],
    ["HEADERS after its end", STREAM_CLOSED, [headers(1, END), headers(1, END)]],
    ["a window that grows by nothing", PROTOCOL_ERROR, [headers(1), update(1, 0)]],
    ["a window that grows too large", FLOW_CONTROL_ERROR, [headers(1), update(1, 2 ** 31 - 1)]],
    ["more calls than there may be", REFUSED_STREAM, [times(5, (index) => headers(2 * index + 1))]],
  ])("%s", (_, code, parts) => {
    expect(ends(...parts)).toEqual([undefined, code]);
  });
});

describe("a call whose headers are too large", () => {
  const value = "v".repeat(1000);
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => [`a${1000 + index}`, value] as const);

  it("is told apart, has the first of them, and the next one is served", () => {
    const test = new TestConnection().send(headers(1, END, [...REQUEST, ...many(200)]), headers(3, END));
    const [large, next] = test.calls;
    expect(large?.tooLargeBytes).toBeGreaterThan(200 * 1037);
    expect([":path", "a1000", "a1199"].map((name) => large?.stream.headers.get(name)?.length)).toEqual([
      REQUEST.find(([name]) => name === ":path")?.[1].length,
      1000,
      undefined,
    ]);
    expect([next?.stream.id, next?.tooLargeBytes]).toEqual([3, 0]);
  });

  it("is one also where the first of them is", () => {
    const test = new TestConnection().send(headers(1, END, [[":path", "/".repeat(70_000)], ...REQUEST]));
    expect(test.call().tooLargeBytes).toBeGreaterThan(70_000);
    expect(test.call().stream.headers.get(":path")).toBeUndefined();
    expect(test.resets()).toEqual([]);
  });

  it("cannot be one that ends a call", () => {
    const test = new TestConnection().send(headers(1), headers(1, END, many(200)));
    expect(test.resets()).toEqual([[1, h2.PROTOCOL_ERROR]]);
  });
});

describe("more than is allowed of", () => {
  const CALM = h2.ENHANCE_YOUR_CALM;
  const many = IDLE_FRAMES.burst + 1;
  it.each<readonly [string, readonly Buffer[]]>([
    ["PING", [times(many, () => PING)]],
    ["SETTINGS", [times(many, () => settings())]],
    ["acknowledgements", [times(many, () => frame(h2.SETTINGS, h2.ACK, 0))]],
    ["PRIORITY", [times(many, () => frame(h2.PRIORITY, 0, 9, [0, 0, 0, 0, 0]))]],
    ["frames of unknown kinds", [times(many, () => frame(99, 0, 0))]],
    ["DATA without any", [headers(1), times(many, () => frame(h2.DATA, 0, 1))]],
    ["windows that grow by a byte", [headers(1), times(many, () => update(1, 1))]],
    ["RST_STREAM of calls that ended", [headers(1), reset(1), times(many, () => reset(1))]],
    ["DATA of calls that ended", [headers(1), reset(1), times(many, () => frame(h2.DATA, 0, 1))]],
    ["settings in one frame", [settings(...Array.from({ length: MAX_SETTINGS + 1 }, () => [9, 1] as const))]],
    ["CONTINUATION", [headers(1, 0), times(MAX_CONTINUATION_FRAMES, () => frame(h2.CONTINUATION, 0, 1))]],
    [
      "a call's headers",
      [
        headers(1, 0),
        times(2, () => frame(h2.CONTINUATION, 0, 1, new Uint8Array(MAX_HEADER_BLOCK_BYTES / 2))),
      ],
    ],
    ["a frame that is not DATA", [frame(99, 0, 0, new Uint8Array(MAX_CONTROL_FRAME_BYTES + 1))]],
    [
      "calls that are given up",
      [times(RESETS.burst + 1, (index) => Buffer.concat([headers(2 * index + 1), reset(2 * index + 1)]))],
    ],
    ["calls beyond those that may be open", [times(RESETS.burst + 10, (index) => headers(2 * index + 1))]],
  ])("%s", (_, parts) => {
    expect(ends(...parts)[0]).toBe(CALM);
  });

  it("DATA", () => {
    const megabyte = frame(h2.DATA, 0, 1, new Uint8Array(2 ** 20));
    const held = new TestConnection().send(headers(1));
    held.call().stream.pause();
    held.send(times(STREAM_WINDOW_BYTES / 2 ** 20, () => megabyte));
    expect(held.resets()).toEqual([]);
    expect(held.send(frame(h2.DATA, 0, 1, [1])).resets()).toEqual([[1, h2.FLOW_CONTROL_ERROR]]);
    const all = new TestConnection({ maxConcurrentStreams: 20 });
    for (let stream = 1; stream < 18; stream += 2) {
      all.send(headers(stream));
      all.calls.at(-1)?.stream.pause();
      all.send(
        times(STREAM_WINDOW_BYTES / 2 ** 20, () => frame(h2.DATA, 0, stream, new Uint8Array(2 ** 20))),
      );
    }
    expect(CONNECTION_WINDOW_BYTES).toBe(8 * STREAM_WINDOW_BYTES);
    expect(all.goneAway()).toBe(h2.FLOW_CONTROL_ERROR);
  });

  it("answers that the client does not read", () => {
    const test = new TestConnection();
    // New calls begin the count of idle frames anew; what waits is counted all the same.
    let stream = 1;
    while (!test.connection.error) {
      test.send(
        times(500, () => PING),
        headers(stream, END),
        reset(stream),
      );
      stream += 2;
      expect(test.connection.waitingBytes).toBeLessThan(2 * MAX_WAITING_CONTROL_BYTES);
    }
    expect(test.connection.error.code).toBe(CALM);
  });

  it("is counted anew as time goes by, and as calls come", () => {
    const test = new TestConnection();
    for (let round = 0; round < 20; round++) {
      test.send(times(IDLE_FRAMES.burst - 1, () => PING)).take();
      test.nowMs += (IDLE_FRAMES.burst / IDLE_FRAMES.perSecond) * 1000;
    }
    for (let stream = 1; stream < 40; stream += 2) {
      test
        .send(
          times(IDLE_FRAMES.burst - 1, () => PING),
          headers(stream, END),
        )
        .take();
      test.calls.at(-1)?.stream.respond([[":status", "200"], OK], true);
    }
    expect(test.connection.error).toBeUndefined();
  });
});

describe("turns", () => {
  it("begin so many calls and no more", () => {
    const test = new TestConnection({ maxConcurrentStreams: 100 });
    const all = times(50, (index) => headers(2 * index + 1, END));
    const taken = test.connection.receive(all);
    expect(test.calls).toHaveLength(16);
    expect(taken).toBe((all.length / 50) * 16);
  });
});

describe("anything at all", () => {
  const SESSION = [
    HELLO,
    settings([1, 100], [3, 5], [4, 30_000], [5, 20_000]),
    headers(1, h2.END_HEADERS, [...REQUEST, ["content-type", "application/grpc"]]),
    frame(h2.DATA, 0, 1, [0, 0, 0, 0, 3, 1]),
    update(1, 5000),
    frame(h2.DATA, h2.END_STREAM | h2.PADDED, 1, [2, 2, 3, 0, 0]),
    frame(h2.HEADERS, 0, 3, block(...REQUEST)),
    frame(h2.CONTINUATION, h2.END_HEADERS, 3, block(["a", "b"])),
    PING,
    frame(h2.PRIORITY, 0, 5, [0, 0, 0, 1, 3]),
    reset(3),
    headers(7, END),
    frame(h2.SETTINGS, h2.ACK, 0),
    frame(h2.GOAWAY, 0, 0, new Uint8Array(8)),
  ];

  it("a changed session does is survived: calls end once, frames are whole, nothing is sent after the end", () => {
    const change = fc.record({
      kind: fc.constantFrom("byte", "drop", "double", "swap", "cut"),
      frame: fc.nat(SESSION.length - 1),
      at: fc.nat(60),
      value: fc.nat(255),
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 5 }), sizes, fc.boolean(), (changes, cuts, answers) => {
        const frames = SESSION.map((one) => Buffer.from(one));
        for (const { kind, frame: place, at, value } of changes) {
          const index = place % Math.max(1, frames.length);
          const one = frames[index] ?? Buffer.alloc(0);
          if (kind === "byte") one[at % Math.max(1, one.length)] = value;
          else if (kind === "drop") frames.splice(index, 1);
          else if (kind === "double") frames.splice(index, 0, Buffer.from(one));
          else if (kind === "swap") frames.push(...frames.splice(index, 1));
          else frames.splice(index, 1, one.subarray(0, at));
        }
        const bytes = Buffer.concat(frames);
        const test = new TestConnection({}, Buffer.alloc(0));
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = cuts[turn % cuts.length] ?? 1;
          test.send(bytes.subarray(at, at + size));
          at += size;
          for (const { stream, ended } of answers ? test.calls : []) {
            if (!ended || stream.responded) continue;
            stream.respond([[":status", "200"]]);
            stream.write([new Uint8Array(100)]);
            stream.end([OK]);
          }
          test.take();
        }
        test.connection.closed();
        expect(test.connection.inFlight).toBe(0);
        expect(test.calls.every(({ closed }) => closed !== undefined)).toBe(true);
        const end = test.frames.findIndex(
          ({ type, payload }) => type === h2.GOAWAY && payload.readUInt32BE(4) > 0,
        );
        if (end >= 0) expect(test.frames.slice(end + 1)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("a stream of bytes does is survived", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const test = new TestConnection().send(bytes);
        test.take();
        test.connection.closed();
        expect(test.connection.inFlight).toBe(0);
      }),
    );
  });
});
