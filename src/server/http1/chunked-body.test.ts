import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChunkedBody } from "./chunked-body.ts";

/** What a text is, given in pieces that end at the given places. */
function read(text: string, cuts: readonly number[] = []) {
  const bytes = Buffer.from(text, "latin1");
  const body = new ChunkedBody();
  const taken: Buffer[] = [];
  let end = 0;
  for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
    if (end < cut && !body.isDone && !body.isWrong) {
      end += body.feed(bytes.subarray(0, cut), end, (piece) => taken.push(Buffer.from(piece))) - end;
    }
  }
  const state = body.isDone ? "done" : body.isWrong ? "wrong" : "goes on";
  return { state, contents: Buffer.concat(taken).toString("latin1"), behind: text.slice(end) };
}

describe("a body in chunks", () => {
  it("is the chunks' contents, and ends where it ends", () => {
    expect(read('3\r\nabc\r\n00A;x="y"\r\n0123456789\r\n0\r\n\r\nGET /')).toEqual({
      state: "done",
      contents: "abc0123456789",
      behind: "GET /",
    });
    expect(read("0\r\nA: b\r\nC: d\r\n\r\n")).toEqual({ state: "done", contents: "", behind: "" });
    expect(read("3\r\nab")).toMatchObject({ state: "goes on", contents: "ab" });
  });

  it("is the same however it is cut", () => {
    const chunk = fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(chunk), fc.array(fc.nat(200)), fc.boolean(), (chunks, cuts, upper) => {
        const sized = chunks.map((text) => {
          const size = text.length.toString(16);
          return `${upper ? size.toUpperCase() : size}\r\n${text}\r\n`;
        });
        const text = `${sized.join("")}0\r\n\r\n`;
        const places = cuts.filter((cut) => cut < text.length);
        expect(read(text, places)).toEqual({ state: "done", contents: chunks.join(""), behind: "" });
      }),
    );
  });

  const wrong: readonly (readonly [string, string])[] = [
    ["no size", "\r\nabc"],
    ["a size that is no number", "g\r\n"],
    ["a size with a prefix", "0x3\r\nabc\r\n"],
    ["a size with a sign", "+3\r\nabc\r\n"],
    ["a blank before the size", " 3\r\nabc\r\n"],
    ["a blank behind the size", "3 \r\nabc\r\n"],
    ["a size that no number holds", "fffffffffffffff\r\n"],
    ["zeros without end", `${"0".repeat(20)}3\r\nabc`],
    ["a line feed alone behind the size", "3\nabc\r\n"],
    ["a carriage return alone behind the size", "3\r3\r\n"],
    ["more than the size says", "3\r\nabcd\r\n"],
    ["less than the size says", "3\r\nab\r\n0\r\n\r\n"],
    ["a line feed alone behind the contents", "3\r\nabc\n0\r\n\r\n"],
    ["a line feed in an extension", "3;a\n\r\nabc\r\n"],
    ["a NUL in an extension", "3;a\0\r\nabc\r\n"],
    ["a line feed alone in the trailer", "0\r\nA: b\n\r\n"],
    ["an extension without end", `3;${"a".repeat(20_000)}`],
    ["trailers without end", `0\r\n${"A: b\r\n".repeat(5000)}`],
    ["extensions that add up", `1;${"a".repeat(100)}\r\nx\r\n`.repeat(200)],
  ];
  it.each(wrong)("is wrong with %s", (_, text) => {
    expect(read(text).state).toBe("wrong");
    expect(read(text, [...text].map((_, at) => at).slice(0, 100)).state).toBe("wrong");
  });
});
