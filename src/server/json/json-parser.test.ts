import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeValue } from "./describe-value.ts";
import type { JsonHandler } from "./json-handler.ts";
import { JsonParser } from "./json-parser.ts";
import type { Scalar } from "./scan-scalar.ts";
import { TextBuffer, type TextSink } from "./text-buffer.ts";

/** Builds what JSON.parse builds. */
class Builder implements JsonHandler {
  root: unknown;
  readonly #open: { readonly container: unknown[] | Record<string, unknown>; key: string }[] = [];
  readonly #text = new TextBuffer();

  startObject(): void {
    this.#open.push({ container: {}, key: "" });
  }

  startArray(): void {
    this.#open.push({ container: [], key: "" });
  }

  endObject(): void {
    this.#put(this.#open.pop()?.container);
  }

  endArray(): void {
    this.#put(this.#open.pop()?.container);
  }

  key(name: string): void {
    const top = this.#open.at(-1);
    if (top) top.key = name;
  }

  text(): TextSink {
    return this.#text;
  }

  endText(): void {
    this.#put(Buffer.from(this.#text.take()).toString());
  }

  scalar(value: Scalar): void {
    this.#put(value.type === "number" ? value.value : value.type === "null" ? null : value.type === "true");
  }

  numbers(): undefined {
    return undefined;
  }

  numbersStored(): void {
    throw new Error("nothing was to be stored");
  }

  #put(value: unknown): void {
    const top = this.#open.at(-1);
    if (!top) this.root = value;
    else if (Array.isArray(top.container)) top.container.push(value);
    else
      Object.defineProperty(top.container, top.key, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
}

function parse(text: string | Uint8Array, piece = Number.POSITIVE_INFINITY) {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const builder = new Builder();
  const parser = new JsonParser(builder, new TextBuffer());
  for (let at = 0; at < bytes.length; at += piece) {
    const lent = Buffer.from(bytes.subarray(at, at + piece));
    parser.feed(lent);
    lent.fill("#"); // pieces are their owner's again
  }
  parser.finish();
  return parser.error ? `${parser.error.reason} @${parser.error.offset}` : builder.root;
}

describe("valid text", () => {
  it("means what JSON.parse says, wherever it is cut", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 2 }),
        (value, piece, indent) => {
          const text = JSON.stringify(value, undefined, indent);
          const plain: unknown = JSON.parse(text, (_key, part) => (Object.is(part, -0) ? 0 : part));
          expect(parse(text, piece)).toEqual(plain);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("may have escapes of every kind, cut anywhere", () => {
    const text = String.raw`["\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\uDE00", "plain é€😀"]`;
    for (let piece = 1; piece < 20; piece++) expect(parse(text, piece)).toEqual(JSON.parse(text));
  });

  it("may be followed by anything, begin with a mark, and hold what is not finite", () => {
    expect(parse("[1]x")).toEqual([1]);
    expect(parse(" {} }")).toEqual({});
    for (const piece of [1, 2, 3, 9]) expect(parse("\ufeff[1]", piece)).toEqual([1]);
    expect(parse("[NaN,Inf,-Inf,Infinity,-Infinity]")).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
  });
});

// RapidJSON's reasons and offsets, read off its reader.h.
describe("wrong text", () => {
  it.each([
    [" ", "The document is empty. @1"],
    ["}", "The document is empty. @0"],
    ["x", "Invalid value. @0"],
    ["é", "Invalid value. @0"],
    [",", "The document is empty. @0"],
    ["\u0000[]", "The document is empty. @0"],
    ["[", "Invalid value. @1"],
    ["[1", "Missing a comma or ']' after an array element. @2"],
    ["[1 2]", "Missing a comma or ']' after an array element. @3"],
    ["[1,]", "Invalid value. @3"],
    ["[,1]", "Invalid value. @1"],
    ["[1}", "Missing a comma or ']' after an array element. @2"],
    ["[1\u0000]", "Missing a comma or ']' after an array element. @2"],
    ["{", "Missing a name for object member. @1"],
    ["{1:2}", "Missing a name for object member. @1"],
    ['{"a"', "Missing a colon after a name of object member. @4"],
    ['{"a" 1}', "Missing a colon after a name of object member. @5"],
    ['{"a":', "Invalid value. @5"],
    ['{"a":1', "Missing a comma or '}' after an object member. @6"],
    ['{"a":1]', "Missing a comma or '}' after an object member. @6"],
    ['{"a":1,}', "Missing a name for object member. @7"],
    ['["a', "Missing a closing quotation mark in string. @3"],
    ['["a\u0000"]', "Missing a closing quotation mark in string. @3"],
    ['["a\n"]', "Invalid escape character in string. @3"],
    ['["\\x"]', "Invalid escape character in string. @2"],
    ['["\\', "Invalid escape character in string. @2"],
    ['["\\u12x4"]', "Incorrect hex digit after \\u escape in string. @2"],
    ['["\\u12', "Incorrect hex digit after \\u escape in string. @2"],
    ['["\\ud800"]', "The surrogate pair in string is invalid. @2"],
    ['["\\ud800\\n"]', "The surrogate pair in string is invalid. @2"],
    ['["\\ud800\\u0041"]', "The surrogate pair in string is invalid. @2"],
    ['["\\udc00"]', "The surrogate pair in string is invalid. @2"],
    ["[1e999]", "Number too big to be stored in double. @1"],
    ["[1e309]", "Number too big to be stored in double. @1"],
    [`[1${"0".repeat(400)}]`, "Number too big to be stored in double. @1"],
    ["[1.]", "Miss fraction part in number. @3"],
    ["[1.e5]", "Miss fraction part in number. @3"],
    ["[1e]", "Miss exponent in number. @3"],
    ["[1e+]", "Miss exponent in number. @4"],
    ["[01]", "Missing a comma or ']' after an array element. @2"],
    ["[-]", "Invalid value. @2"],
    ["[+1]", "Invalid value. @1"],
    ["[nul]", "Invalid value. @4"],
    ["[nulll]", "Missing a comma or ']' after an array element. @5"],
    ["[True]", "Invalid value. @1"],
    ["[Nan]", "Invalid value. @3"],
    ["[Infinit]", "Invalid value. @8"],
    ["['a']", "Invalid value. @1"],
  ])("%j: %s", (text, wanted) => {
    for (const piece of [Number.POSITIVE_INFINITY, 1, 2, 3]) expect(parse(text, piece)).toBe(wanted);
  });

  it("nests as deep as it likes", () => {
    const depth = 200_000;
    expect(parse("[".repeat(depth), 4096)).toBe(`Invalid value. @${depth}`);
  });

  it("is no way to hold a literal of any length", () => {
    expect(parse(`[${"1".repeat(200_000)}]`, 1000)).toContain("Number too big");
  });
});

describe("quoting", () => {
  it.each([
    [
      '{"a":[1,2.0,{"b":null}],"c":{},"d":[]}',
      '{\n    "a": [1, 2.0, {\n            "b": null\n        }],\n    "c": {},\n    "d": []\n}',
    ],
    ["1e21", "1e21"],
    ["100000000000000000000.0", "100000000000000000000.0"],
    ["0.000001", "0.000001"],
    ["-0", "0"],
    ["-0.0", "-0.0"],
    ['{"a":[1,NaN,2],"b":3}', '{\n    "a": [1, '],
    ["18446744073709551615", "18446744073709551615"],
    ['"a\\u0001\\"\\n"', '"a\\u0001\\"\\n"'],
  ])("%s", (text, wanted) => {
    expect(describeValue(Buffer.from(text))).toBe(wanted);
  });

  it("stops after some 256 bytes", () => {
    const text = JSON.stringify(Array.from({ length: 5000 }, (_, index) => index));
    const quoted = describeValue(Buffer.from(text.slice(0, 4096)));
    expect(quoted.length).toBeLessThan(300);
    expect(quoted.startsWith("[0, 1, 2")).toBe(true);
    const long = "é".repeat(127);
    expect(describeValue(Buffer.from(`{"${long}":"more"}`))).toBe(`{\n    "${long}"`);
  });
});
