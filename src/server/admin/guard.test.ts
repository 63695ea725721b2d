import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { Problem } from "../../core/errors.ts";
import type { GrpcReply } from "../grpc/call.ts";
import { guarded, guardOf, readTokens } from "./guard.ts";

const TOKEN = "0123456789abcdef";
const OTHER = "fedcba9876543210";

function codeOf(headers: Readonly<Record<string, string>>, tokens?: readonly string[]): string | undefined {
  return guardOf(tokens)((name) => headers[name])?.code;
}

describe("the guard of calls that change something", () => {
  it("lets in who sends one of the tokens", () => {
    expect(codeOf({ authorization: `Bearer ${TOKEN}` }, [TOKEN])).toBeUndefined();
    expect(codeOf({ authorization: `bearer  ${OTHER} ` }, [TOKEN, OTHER])).toBeUndefined();
  });

  it.each([
    {},
    { authorization: "" },
    { authorization: TOKEN },
    { authorization: "Bearer" },
    { authorization: `Bearer ${OTHER}` },
    { authorization: `Bearer ${TOKEN}x` },
    { authorization: `Bearer ${TOKEN.slice(1)}` },
    { authorization: `Basic ${TOKEN}` },
    { authorization: `Bearer ${TOKEN}, Bearer ${TOKEN}` },
  ])("turns away %j", (headers) => {
    expect(codeOf(headers, [TOKEN])).toBe("ADMIN_TOKEN");
  });

  it("without tokens turns away web pages alone", () => {
    expect(codeOf({})).toBeUndefined();
    expect(codeOf({ origin: "http://localhost:3000" })).toBe("ADMIN_FROM_A_PAGE");
  });

  it("stands before every route, also before those of many messages", async () => {
    let calls = 0;
    const routes = guarded(
      {
        rest: [
          {
            serves: () => true,
            handle: async () => {
              calls++;
              return { status: 200, headers: {}, body: [] };
            },
          },
        ],
        grpc: new Map([
          ["/one", { handle: async () => [new Uint8Array(calls++)] }],
          [
            "/many",
            {
              async *stream(): AsyncGenerator<GrpcReply> {
                yield [new Uint8Array(calls++)];
              },
            },
          ],
        ]),
      },
      guardOf([TOKEN]),
    );
    const [route] = routes.rest;
    const request = { method: "GET", url: "/", header: () => undefined, body: [] };
    expect((await route?.handle(request))?.status).toBe(401);
    const one = routes.grpc.get("/one");
    const many = routes.grpc.get("/many");
    if (!one || !("handle" in one) || !many || !("stream" in many)) throw new Error("routes are missing");
    const reply = await one.handle({ message: new Uint8Array(0), timeoutMs: undefined });
    expect(reply instanceof Problem && reply.row.grpc).toBe(16);
    const replies = [];
    for await (const each of many.stream(Readable.from([]), AbortSignal.abort())) replies.push(each);
    expect(replies.map((each) => each instanceof Problem && each.code)).toEqual(["ADMIN_TOKEN"]);
    expect(calls).toBe(0);
  });
});

describe("a file of tokens", () => {
  it("holds one a line", () => {
    expect(readTokens("f", `${TOKEN}\n`)).toEqual([TOKEN]);
    expect(readTokens("f", `${TOKEN}\r\n\n  ${OTHER}`)).toEqual([TOKEN, OTHER]);
  });

  it.each(["", "\n\n", "short", `${TOKEN}\nshort`, "two words that are long"])("may not be %j", (text) => {
    const tokens = readTokens("f", text);
    expect(tokens instanceof Problem && tokens.code).toBe("ADMIN_TOKEN_FILE");
  });
});
