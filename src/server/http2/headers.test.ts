import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeaderDecoder } from "./header-decoder.ts";
import { HeaderEncoder, type SentField } from "./header-encoder.ts";
import { areTrailers, headerField, isRequest } from "./header-field.ts";
import { huffmanText } from "./huffman.ts";
import { COMPRESSION_ERROR, ConnectionError } from "./protocol.ts";
import { block } from "./testing/frames.ts";

const decoder = (maxListBytes = 65_536): HeaderDecoder => new HeaderDecoder(4096, maxListBytes);
const plain = (fields: ReturnType<HeaderDecoder["decode"]>) => fields.map(({ name, value }) => [name, value]);
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** RFC 7541, appendix C: requests of one connection, and what they say. */
const REQUESTS = [
  [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "www.example.com"],
  ],
  [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "www.example.com"],
    ["cache-control", "no-cache"],
  ],
  [
    [":method", "GET"],
    [":scheme", "https"],
    [":path", "/index.html"],
    [":authority", "www.example.com"],
    ["custom-key", "custom-value"],
  ],
];
const PLAIN = [
  "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
  "8286 84be 5808 6e6f 2d63 6163 6865",
  "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
];
const HUFFMAN = [
  "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
  "8286 84be 5886 a8eb 1064 9cbf",
  "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
];

describe("headers that are read", () => {
  it.each([
    ["as they are", PLAIN],
    ["in Huffman's code", HUFFMAN],
  ])("are the specification's examples, %s", (_, blocks) => {
    const reader = decoder();
    expect(blocks.map((text) => plain(reader.decode(hex(text))))).toEqual(REQUESTS);
  });

  it("make room in the table as the specification's answers do", () => {
    const reader = new HeaderDecoder(256, 65_536);
    const blocks = [
      "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "4803 3330 37c1 c0bf",
      "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
    ];
    const [, second, third] = blocks.map((text) => plain(reader.decode(hex(text))));
    expect(second).toEqual([
      [":status", "307"],
      ["cache-control", "private"],
      ["date", "Mon, 21 Oct 2013 20:13:21 GMT"],
      ["location", "https://www.example.com"],
    ]);
    expect(third?.[2]).toEqual(["date", "Mon, 21 Oct 2013 20:13:22 GMT"]);
    // What made room is gone: only three entries are left.
    expect(plain(reader.decode(hex("be bf c0")))?.map(([name]) => name)).toEqual([
      "set-cookie",
      "content-encoding",
      "date",
    ]);
    expect(() => reader.decode(hex("c1"))).toThrow(ConnectionError);
  });

  it("mean the same again as long as the table is the same", () => {
    const reader = decoder();
    reader.decode(hex("40 0161 0131"));
    expect(plain(reader.decode(hex("be")))).toEqual([["a", "1"]]);
    expect(plain(reader.decode(hex("be")))).toEqual([["a", "1"]]);
    reader.decode(hex("40 0162 0132"));
    expect(plain(reader.decode(hex("be")))).toEqual([["b", "2"]]);
  });

  it("are dropped when too many, while the table follows", () => {
    const reader = decoder(150);
    const large = "x".repeat(60);
    const first = Buffer.concat([hex("40 0161 0131"), block(["b", large], ["c", large])]);
    expect(plain(reader.decode(first))).toEqual([
      ["a", "1"],
      ["b", large],
    ]);
    expect(reader.tooLargeBytes).toBe(34 + 93 + 93);
    expect(plain(reader.decode(hex("be")))).toEqual([["a", "1"]]);
    expect(reader.tooLargeBytes).toBe(0);
  });

  it("may name a large field a million times at no one's cost but their sender's", () => {
    const reader = decoder();
    const value = "v".repeat(4000);
    reader.decode(Buffer.concat([hex("40 0161 7f a1 1e"), Buffer.from(value.slice(0, 4000))]));
    const began = performance.now();
    expect(reader.decode(Buffer.alloc(60_000, 0xbe)).length).toBeLessThan(20);
    expect(reader.tooLargeBytes).toBe(60_000 * 4033);
    expect(performance.now() - began).toBeLessThan(500);
  });

  it.each([
    ["an index of nothing", "80"],
    ["an index beyond the table", "ff 80 01"],
    ["a number that does not end", "ff ff ff ff ff ff ff 01"],
    ["a number that is cut off", "ff"],
    ["a string that is cut off", "00 05 61 62"],
    ["a name alone", "00 01 61"],
    ["padding of more than seven bits", "00 83 1f ff ff 01 61"],
    ["padding that is not ones", "00 81 18 01 61"],
    ["the end's symbol", "00 84 ff ff ff ff 01 61"],
    ["a table larger than allowed", "3f e2 1f"],
    ["a table's size behind a field", "82 20"],
  ])("are refused with %s", (_, text) => {
    const code = (() => {
      try {
        decoder().decode(hex(text));
        return undefined;
      } catch (error) {
        return error instanceof ConnectionError ? error.code : error;
      }
    })();
    expect(code).toBe(COMPRESSION_ERROR);
  });

  it("never break the decoder, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 4 }), (blocks) => {
        const reader = decoder(200);
        for (const bytes of blocks) {
          try {
            const fields = reader.decode(bytes);
            expect((fields ?? []).reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(200);
          } catch (error) {
            expect(error).toBeInstanceOf(ConnectionError);
          }
        }
      }),
    );
  });
});

describe("headers that are sent", () => {
  const FIELD = fc.tuple(
    fc.constantFrom(":status", "content-type", "grpc-status", "grpc-message", "x"),
    fc.string({ unit: "binary-ascii", maxLength: 300 }),
  );

  it("are read as they were, also after the client changed its table", () => {
    const again: SentField[] = [
      ["content-type", "application/grpc"],
      ["grpc-status", "0"],
      ["x", "y".repeat(4000)],
    ];
    const step = fc.record({
      fields: fc.array(fc.oneof(FIELD, fc.constantFrom(...again)), { maxLength: 6 }),
      table: fc.option(fc.integer({ min: 0, max: 9000 }), { freq: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const encoder = new HeaderEncoder(again);
        const reader = new HeaderDecoder(4096, 1e9);
        for (const { fields, table } of steps) {
          if (table !== null) encoder.resize(table);
          const sent = encoder.encode(fields as SentField[]);
          expect(plain(reader.decode(sent))).toEqual(fields.map((field) => [...field]));
        }
      }),
    );
  });

  it("are named by one byte when they are sent again", () => {
    const again: SentField[] = [
      ["content-type", "application/grpc"],
      ["grpc-status", "0"],
    ];
    const encoder = new HeaderEncoder(again);
    const [type = ["", ""], status = ["", ""]] = again;
    encoder.encode([[":status", "200"], type]);
    encoder.encode([status]);
    expect([...encoder.encode([[":status", "200"], type])]).toEqual([0x88, 0x80 | 63]);
    expect([...encoder.encode([status])]).toEqual([0x80 | 62]);
  });
});

it("a text of one symbol is one", () => {
  expect(huffmanText(hex("07"), 0, 1)).toBe("0"); // 00000, and ones
  expect(huffmanText(hex(""), 0, 0)).toBe("");
});

describe("a request's headers", () => {
  const fields = (...all: readonly (readonly [string, string])[]) =>
    all.map(([name, value]) => headerField(name, value));
  const needed = [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", "/a"],
  ] as const;

  it("need what names the call", () => {
    expect(isRequest(fields(...needed, ["te", "trailers"]))).toBe(true);
    for (const missing of needed)
      expect(isRequest(fields(...needed.filter((one) => one !== missing)))).toBe(false);
  });

  it.each([
    [":status", "200"],
    [":path", "/b"],
    ["Upper", "1"],
    ["with space", "1"],
    ["", "1"],
    ["connection", "close"],
    ["transfer-encoding", "chunked"],
    ["te", "gzip"],
    ["a", "line\nbreak"],
  ])("may not hold %s: %s", (name, value) => {
    expect(isRequest(fields(...needed, [name, value]))).toBe(false);
    expect(areTrailers(fields([name, value]))).toBe(false);
  });

  it("have those of the protocol first", () => {
    expect(isRequest(fields(["a", "1"], ...needed))).toBe(false);
    expect(areTrailers(fields(["a", "1"]))).toBe(true);
  });
});
