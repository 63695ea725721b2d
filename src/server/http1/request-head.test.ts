import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fieldOf, parseHead } from "./request-head.ts";

/** A head with these lines behind the request line and the host. */
const head = (...lines: string[]): string => ["POST /v1/x HTTP/1.1", "Host: a", ...lines].join("\r\n");

describe("a head", () => {
  it("is read into its parts", () => {
    const read = parseHead(
      "PUT /v1/models/m:predict?a=%20 HTTP/1.1\r\nHost: a:80\r\nX-Empty:\r\nContent-length: \t12 \r\nAccept: a\r\nACCEPT: b",
    );
    expect(read).toEqual({
      method: "PUT",
      url: "/v1/models/m:predict?a=%20",
      minorVersion: 1,
      fields: ["host", "a:80", "x-empty", "", "content-length", "12", "accept", "a", "accept", "b"],
      keepAlive: true,
      bodyLength: 12,
      expectsContinue: false,
    });
  });

  it("gives the values of a name as one list", () => {
    const read = parseHead(head("Accept: a", "aCCEPT: b, c", "X: \xe4"));
    const fields = typeof read === "number" ? [] : read.fields;
    expect(["accept", "x", "host", "none"].map((name) => fieldOf(fields, name))).toEqual([
      "a, b, c",
      "\xe4",
      "a",
      undefined,
    ]);
  });

  const lasting: readonly (readonly [string, boolean])[] = [
    ["GET / HTTP/1.1\r\nHost: a", true],
    ["GET / HTTP/1.1\r\nHost: a\r\nConnection: close", false],
    ["GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, CLOSE", false],
    ["GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: close", false],
    ["GET / HTTP/1.1\r\nHost: a\r\nConnection: closed", true],
    ["GET / HTTP/1.0", false],
    ["GET / HTTP/1.0\r\nConnection: Keep-Alive", true],
    ["GET / HTTP/1.0\r\nConnection: Keep-Alive, close", false],
  ];
  it.each(lasting)("says whether the connection lasts: %j", (text, keepAlive) => {
    expect(parseHead(text)).toMatchObject({ keepAlive, bodyLength: 0 });
  });

  it("asks for a path, whether or not a host stands before it", () => {
    const url = (target: string): unknown => parseHead(`GET ${target} HTTP/1.1\r\nHost: a`);
    expect(url("http://a:80/b?c")).toMatchObject({ url: "/b?c" });
    expect(url("HTTPS://a")).toMatchObject({ url: "/" });
    expect(url("http://a?b")).toMatchObject({ url: "/?b" });
    expect(url("/http://a/b")).toMatchObject({ url: "/http://a/b" });
    expect(url("*")).toMatchObject({ url: "*" });
  });

  it("says how its body ends, and whether its client waits", () => {
    expect(parseHead(head("Transfer-Encoding: Chunked"))).toMatchObject({ bodyLength: "chunked" });
    expect(parseHead(head("Content-Length: 007"))).toMatchObject({ bodyLength: 7 });
    expect(parseHead(head("Expect: 100-Continue"))).toMatchObject({ expectsContinue: true });
    expect(parseHead("POST / HTTP/1.0\r\nExpect: 100-continue")).toMatchObject({ expectsContinue: false });
  });
});

describe("a head is refused", () => {
  const cases: readonly (readonly [string, string, number])[] = [
    // Two readers that disagree about these see different requests.
    ["two lengths", head("Content-Length: 5", "Content-Length: 6"), 400],
    ["one length twice", head("Content-Length: 5", "Content-Length: 5"), 400],
    ["a list of lengths", head("Content-Length: 5, 5"), 400],
    ["a length and chunks", head("Content-Length: 5", "Transfer-Encoding: chunked"), 400],
    ["chunks and a length", head("Transfer-Encoding: chunked", "Content-Length: 5"), 400],
    ["chunked twice", head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 400],
    ["chunked and then something", head("Transfer-Encoding: chunked, identity"), 501],
    ["something and then chunked", head("Transfer-Encoding: gzip, chunked"), 501],
    ["nearly chunked", head("Transfer-Encoding: xchunked"), 501],
    ["chunked with a tab in it", head("Transfer-Encoding: \x0bchunked"), 400],
    ["an empty coding", head("Transfer-Encoding:"), 501],
    ["chunks over HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked", 400],
    ["a negative length", head("Content-Length: -5"), 400],
    ["a length with a sign", head("Content-Length: +5"), 400],
    ["a length in hexadecimal", head("Content-Length: 0x5"), 400],
    ["a length with a blank in it", head("Content-Length: 5 0"), 400],
    ["an empty length", head("Content-Length:"), 400],
    ["a length that no number holds", head("Content-Length: 9007199254740993"), 400],
    ["a blank before the colon", head("Content-Length : 5"), 400],
    ["a folded line", head("X: a", " b"), 400],
    ["a folded first line", "GET / HTTP/1.1\r\n Host: a", 400],
    ["a line without a colon", head("Content-Length"), 400],
    ["a line without a name", head(": 5"), 400],
    ["an empty line", head(""), 400],
    ["a name with a blank", head("X Y: 5"), 400],
    ["a name with a letter beyond ASCII", head("X\xe4: 5"), 400],
    ["a lone line feed in a value", head("X: a\nContent-Length: 5"), 400],
    ["a lone carriage return in a value", head("X: a\rContent-Length: 5"), 400],
    ["a lone line feed behind the request", "GET / HTTP/1.1\nHost: a", 400],
    ["a NUL in a value", head("X: a\0b"), 400],
    ["a DEL in a value", head("X: a\x7f"), 400],
    ["no host", "GET / HTTP/1.1", 400],
    ["two hosts", head("Host: b"), 400],
    ["no version", "GET /", 400],
    ["a version of one number", "GET / HTTP/1", 400],
    ["two blanks", "GET  / HTTP/1.1\r\nHost: a", 400],
    ["a blank in the target", "GET /a b HTTP/1.1\r\nHost: a", 400],
    ["a tab for a blank", "GET\t/ HTTP/1.1\r\nHost: a", 400],
    ["a blank behind the version", "GET / HTTP/1.1 \r\nHost: a", 400],
    ["a blank before the method", " GET / HTTP/1.1\r\nHost: a", 400],
    ["a method with a bracket", "GE(T / HTTP/1.1\r\nHost: a", 400],
    ["no head at all", "", 400],
    ["HTTP/2's beginning", "PRI * HTTP/2.0", 505],
    ["HTTP/1.2", "GET / HTTP/1.2\r\nHost: a", 505],
    ["HTTP/0.9", "GET / HTTP/0.9", 505],
    ["a tunnel", "CONNECT a:80 HTTP/1.1\r\nHost: a", 501],
    ["more fields than any request has", head(...new Array<string>(300).fill("a:")), 431],
    ["an expectation that nobody knows", head("Expect: 200-ok"), 417],
  ];
  it.each(cases)("with %s", (_, text, status) => {
    expect(parseHead(text)).toBe(status);
  });

  it("whatever else it holds", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 200 }), (codes) => {
        const read = parseHead(String.fromCharCode(...codes));
        expect(typeof read === "number" ? read >= 400 : read.fields.length % 2 === 0).toBe(true);
      }),
    );
  });
});
