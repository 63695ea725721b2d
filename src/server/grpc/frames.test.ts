import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { problem } from "../../core/errors.ts";
import { FrameReader, framePrefix } from "./frames.ts";
import { percentEncoded, statusTrailers } from "./status.ts";
import { parseTimeout } from "./timeout.ts";

const framed = (messages: readonly Uint8Array[]): Buffer =>
  Buffer.concat(messages.flatMap((message) => [framePrefix(message.length), message]));

describe("frames", () => {
  it("come out as they went in, wherever the stream is cut", () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 });
    const cuts = fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1 });
    fc.assert(
      fc.property(messages, cuts, fc.option(fc.integer({ min: 0, max: 99 })), (sent, sizes, hint) => {
        const reader = new FrameReader(1000, () => hint ?? undefined);
        const stream = framed(sent);
        let turn = 0;
        for (let at = 0; at < stream.length; ) {
          const size = sizes[turn++ % sizes.length] ?? 1;
          expect(reader.feed(stream.subarray(at, at + size))).toBeUndefined();
          at += size;
        }
        expect(reader.atBoundary).toBe(true);
        expect(reader.messages.map(({ bytes }) => [...bytes])).toEqual(sent.map((bytes) => [...bytes]));
        // Buffers' `slice` is no copy; what handlers get must be plain.
        for (const { bytes } of reader.messages) expect(Buffer.isBuffer(bytes)).toBe(false);
      }),
    );
  });

  it("put the hinted byte where processors like it", () => {
    const message = new Uint8Array(5000).map((_, index) => index);
    const stream = framed([message]);
    for (const hint of [0, 1, 63, 64, 100, 4097]) {
      const reader = new FrameReader(10_000, () => hint);
      reader.feed(stream.subarray(0, 1000));
      reader.feed(stream.subarray(1000));
      const [received] = reader.messages;
      expect(((received?.bytes.byteOffset ?? 0) + hint) % 64).toBe(0);
      expect(received?.bytes).toEqual(message);
    }
  });

  it("are refused when too large, before a byte is kept", () => {
    const reader = new FrameReader(100);
    expect(reader.feed(framePrefix(101))?.message).toBe("Received message larger than max (101 vs. 100)");
  });

  it("tell a message that breaks off", () => {
    for (const length of [1, 4, 5, 7]) {
      const reader = new FrameReader();
      reader.feed(framed([Uint8Array.of(1, 2, 3)]).subarray(0, length));
      expect(reader.atBoundary).toBe(false);
      expect(reader.messages).toEqual([]);
    }
  });

  it("carry the flag of compression", () => {
    const reader = new FrameReader();
    reader.feed(Uint8Array.of(1, 0, 0, 0, 1, 7));
    expect(reader.messages).toEqual([{ compressed: true, bytes: Uint8Array.of(7) }]);
  });
});

describe("status", () => {
  it("percent-encodes", () => {
    expect(percentEncoded("50% é\n~")).toBe("50%25 %C3%A9%0A~");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const wellFormed = Buffer.from(text).toString();
        expect(decodeURIComponent(percentEncoded(text))).toBe(wellFormed);
      }),
    );
  });

  it("cuts long messages off", () => {
    const { "grpc-message": message = "" } = statusTrailers(
      problem("OUTPUT_DUPLICATE", { output: "y".repeat(5000) }),
    );
    expect(message).toHaveLength(1024 + "...TRUNCATED".length);
    expect(message.endsWith("...TRUNCATED")).toBe(true);
  });
});

it.each([
  ["5S", 5000],
  ["100m", 100],
  ["1H", 3_600_000],
  ["2M", 120_000],
  ["1500u", 2],
  ["1n", 1],
  ["99999999H", 359_999_996_400_000],
  ["123456789S", undefined],
  ["S", undefined],
  ["-1S", undefined],
  [undefined, undefined],
])("a timeout of %s is %s ms", (header, wanted) => {
  expect(parseTimeout(header)).toBe(wanted);
});
