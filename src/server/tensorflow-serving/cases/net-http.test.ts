// TensorFlow Serving's util/net_http (evhttp_request_test.cc, evhttp_server_test.cc): each case that concerns clients, under
// its own name, over a socket.
// Not here: cases of its own API, which has no like here (DisableGzipPost, RequestHandlerOverwriting).
import { once } from "node:events";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { createRestServer } from "../../node/http1.ts";
import { dispatchRest } from "../../rest/dispatch.ts";
import type { RestHandler, RestResponse, RestRoute } from "../../rest/message.ts";
import { gunzip, Uninflatable } from "../rest/gunzip.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Listens, and answers with the handler. */
async function serve(handle: RestHandler, host = "127.0.0.1") {
  const rest = createRestServer(handle, { log: () => undefined });
  rest.server.listen(0, host);
  await once(rest.server, "listening");
  const { port } = rest.server.address() as AddressInfo; // it listens on a port
  const closed = (): Promise<unknown> => new Promise((resolve) => rest.server.close(resolve));
  cleanups.push(() => (rest.server.listening ? closed() : undefined));
  const agent = new Agent({ keepAlive: true });
  cleanups.push(() => agent.destroy());
  const ask = (path: string, body?: string | Uint8Array, headers: IncomingHttpHeaders = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const method = body === undefined ? "GET" : "POST";
      const call = request({ host, port, path, method, headers, agent }, async (response) => {
        const parts: Buffer[] = [];
        for await (const part of response) parts.push(part as Buffer); // no encoding was set
        resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(parts).toString(),
        });
      });
      call.on("error", reject).end(body);
    });
  return { ...rest, ask, closed };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const text = (body: string, headers: Readonly<Record<string, string>> = {}): RestResponse => ({
  status: 200,
  headers,
  body: [Buffer.from(body)],
});
const at = (path: string, body: string): RestRoute => ({
  serves: (url) => url.split("?")[0] === path,
  handle: async () => text(body),
});
const everywhere = (body: string): RestRoute => ({ serves: () => true, handle: async () => text(body) });

async function joined(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

describe("evhttp_request_test", () => {
  it("SimpleGETNotFound", async () => {
    const { ask } = await serve(dispatchRest([]));
    const { status, body } = await ask("/noop");
    expect(status).toBe(404);
    expect(body).toContain("Not Found");
  });

  it("SimpleGETOK", async () => {
    const { ask } = await serve(dispatchRest([at("/ok", "OK")]));
    expect(await ask("/ok")).toMatchObject({ status: 200, body: "OK" });
  });

  it("SimplePOST", async () => {
    const { ask } = await serve(async ({ body }) => text((await joined(body)).toString()));
    expect(await ask("/ok", "abcde")).toMatchObject({ status: 200, body: "abcde" });
  });

  it("RequestUri", async () => {
    const { ask } = await serve(async ({ url }) => text(url));
    for (const path of [
      "/",
      "/path",
      "/path/",
      "/path?query=value",
      "/path#fragment",
      "/path?param=value#fragment",
      "/path?param=value%20value",
    ]) {
      expect((await ask(path)).body).toBe(path);
    }
  });

  it("RequestHeaders", async () => {
    const { ask } = await serve(async ({ header }) =>
      text(`${header("h1")} ${header("h2")} ${header("h3")}`),
    );
    expect((await ask("/ok", undefined, { H1: "v1", h2: "v2" })).body).toBe("v1 v2 undefined");
  });

  it("ResponseHeaders", async () => {
    const { ask } = await serve(async () => text("OK", { H1: "V1", h2: "v2" }));
    expect(await ask("/ok")).toMatchObject({ status: 200, body: "OK", headers: { h1: "V1", h2: "v2" } });
  });

  it("InvalidGzipPost", async () => {
    await expect(joined(gunzip([Buffer.from("abcde")]))).rejects.toThrow(Uninflatable);
  });

  it("ValidGzipPost", async () => {
    expect((await joined(gunzip([gzipSync("abcdefg12345")]))).toString()).toBe("abcdefg12345");
  });

  it("GzipExceedingLimit", async () => {
    await expect(joined(gunzip([gzipSync("abcdefg12345")], 11))).rejects.toThrow(Uninflatable);
  });

  it("LargeGzipPost", async () => {
    const large = Buffer.from(Array.from({ length: 2 ** 20 }, (_, at) => 97 + ((at * at) % 26)));
    const { ask } = await serve(async ({ body }) =>
      text(String((await joined(gunzip(body))).compare(large))),
    );
    expect((await ask("/ok", gzipSync(large), { "content-encoding": "my_gzip" })).body).toBe("0");
  });
});

describe("evhttp_server_test", () => {
  it("AcceptingTerminating", async () => {
    const { server, ask, closed } = await serve(dispatchRest([at("/ok", "OK")]));
    expect(server.listening).toBe(true);
    await closed();
    await expect(ask("/ok")).rejects.toThrow("ECONNREFUSED");
  });

  it("ExactPathMatching", async () => {
    const { ask } = await serve(dispatchRest([at("/ok", "OK")]));
    expect(await ask("/ok?a=foo")).toMatchObject({ status: 200, body: "OK" });
    expect((await ask("/ok/")).status).toBe(404);
  });

  it("SingleRequestDispather", async () => {
    const { ask } = await serve(dispatchRest([everywhere("OK")]));
    expect(await ask("/ok")).toMatchObject({ status: 200, body: "OK" });
  });

  it("UriPrecedesOverRequestDispather", async () => {
    const { ask } = await serve(dispatchRest([at("/ok", "OK1"), everywhere("OK2")]));
    expect((await ask("/ok")).body).toBe("OK1");
    expect((await ask("/okxx")).body).toBe("OK2");
  });

  it("InOrderRequestDispather", async () => {
    const { ask } = await serve(dispatchRest([everywhere("OK1"), everywhere("OK2")]));
    expect((await ask("/ok")).body).toBe("OK1");
  });

  it("RequestHandlerInteraction", async () => {
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const { ask, inFlight } = await serve(async () => {
      await begun;
      return text("OK1");
    });
    const answer = ask("/ok");
    await expect.poll(inFlight).toBe(1);
    begin();
    expect(await answer).toMatchObject({ status: 200, body: "OK1" });
  });

  it("ActiveRequestCountInShutdown", async () => {
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const { ask, inFlight, beginDrain, closed } = await serve(async () => {
      await begun;
      return text("OK1");
    });
    const answer = ask("/ok");
    await expect.poll(inFlight).toBe(1);
    beginDrain();
    let isClosed = false;
    const end = closed().then(() => {
      isClosed = true;
    });
    expect(isClosed).toBe(false);
    begin();
    expect((await answer).headers.connection).toBe("close");
    await end;
    expect(inFlight()).toBe(0);
  });

  it("BasicListen", async () => {
    const { ask } = await serve(dispatchRest([at("/ok", "OK")]), "::1");
    expect((await ask("/ok")).body).toBe("OK");
  });
});
