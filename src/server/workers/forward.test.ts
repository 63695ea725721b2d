import { describe, expect, it } from "vitest";
import { problem } from "../../core/errors.ts";
import type { GrpcMethod } from "../grpc/call.ts";
import type { Routes } from "../protocol.ts";
import { answerForwarded, forwardedRoutes, statisticsRoutes } from "./forward.ts";

const PATH = "/a.Service/Change";

/** Routes of a main thread that answer with what they were asked. */
const MAIN: Routes = {
  rest: [
    {
      serves: (url) => url.startsWith("/v2/") || url === "/admin",
      handle: async ({ method, url, header, body }) => {
        let bytes = 0;
        for await (const piece of body) bytes += piece.length;
        const told = JSON.stringify([method, url, header("authorization"), header("x-other"), bytes]);
        return { status: 201, headers: { "X-Answer": "1" }, body: [Buffer.from(told), Buffer.from("!")] };
      },
    },
  ],
  grpc: new Map<string, GrpcMethod>([
    [
      PATH,
      {
        handle: async ({ message, header }) =>
          message.length === 0
            ? problem("ADMIN_TOKEN", {})
            : [message, Buffer.from(header?.("authorization") ?? "")],
      },
    ],
    ["/inference.GRPCInferenceService/ModelStatistics", { handle: async () => [Buffer.from("counts")] }],
  ]),
};

// As on the way between threads.
const answers = answerForwarded(MAIN);
const forward = {
  rest: async (request: Parameters<typeof answers.rest>[0]) =>
    structuredClone(await answers.rest(structuredClone(request))),
  grpc: async (call: Parameters<typeof answers.grpc>[0]) =>
    structuredClone(await answers.grpc(structuredClone(call))),
};

const header = (name: string): string | undefined => ({ authorization: "Bearer x", "x-other": "y" })[name];

describe("a route that is forwarded", () => {
  const routes = forwardedRoutes(MAIN, forward);

  it("is answered over REST as the main thread answers, with the headers that matter", async () => {
    const [route] = routes.rest;
    expect(route?.serves("/admin", "PUT")).toBe(true);
    const body = [Buffer.from("abc"), Buffer.from("de")];
    const answer = await route?.handle({ method: "PUT", url: "/admin", header, body });
    expect(answer).toMatchObject({ status: 201, headers: { "X-Answer": "1" } });
    expect(Buffer.concat([...(answer?.body ?? [])]).toString()).toBe('["PUT","/admin","Bearer x",null,5]!');
  });

  it("sends no more of a body than the main thread takes, and a byte", async () => {
    const piece = new Uint8Array(5 * 2 ** 20);
    const body = Array.from({ length: 10 }, () => piece);
    const answer = await routes.rest[0]?.handle({ method: "POST", url: "/admin", header, body });
    expect(Buffer.concat([...(answer?.body ?? [])]).toString()).toContain(`,${16 * 2 ** 20 + 1}]`);
  });

  it("is answered over gRPC, or refused", async () => {
    const method = routes.grpc.get(PATH);
    if (!method || !("handle" in method)) throw new Error("it is there");
    const message = Buffer.from("message ");
    const reply = await method.handle({ message, timeoutMs: undefined, header });
    expect(Array.isArray(reply) && Buffer.concat(reply).toString()).toBe("message Bearer x");
    const refused = await method.handle({ message: new Uint8Array(0), timeoutMs: undefined });
    expect(refused).toMatchObject({ code: "ADMIN_TOKEN" });
  });

  it("tells a main thread that fails", async () => {
    const failing = { rest: async () => ({ failure: "gone" }), grpc: async () => ({ failure: "gone" }) };
    const broken = forwardedRoutes(MAIN, failing);
    const request = { method: "GET", url: "/admin", header, body: [] };
    await expect(broken.rest[0]?.handle(request)).rejects.toThrow(/gone/);
  });
});

describe("statistics", () => {
  const { rest, grpc } = statisticsRoutes(forward);

  it("are the main thread's to tell, and nothing else of the protocol is", async () => {
    const serves = (url: string): boolean => rest.some((route) => route.serves(url, "GET"));
    const asked = ["/v2/models/stats", "/v2/models/m/stats", "/v2/models/m/versions/3/stats"];
    expect(asked.map(serves)).toEqual([true, true, true]);
    expect(["/v2/models/m", "/v2/models/m/infer", "/v1/models/stats", "/v2"].some(serves)).toBe(false);
    const [method] = grpc.values();
    if (!method || !("handle" in method)) throw new Error("it is there");
    const reply = await method.handle({ message: new Uint8Array(0), timeoutMs: undefined });
    expect(Array.isArray(reply) && Buffer.concat(reply).toString()).toBe("counts");
  });
});
