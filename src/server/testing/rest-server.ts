// A REST port with a handler of the test's own, and clients of it; both end with the test.
import { readFileSync } from "node:fs";
import type { Server } from "node:net";
import { onTestFinished } from "vitest";
import { createRestServer, type RestServer, type RestServerOptions } from "../node/http1.ts";
import { listen } from "../node/listen.ts";
import { NO_LIMITS } from "../node/socket-limits.ts";
import type { RestHandler, RestResponse } from "../rest/message.ts";
import { RawRestClient } from "./raw-rest-client.ts";

const PEM = JSON.parse(
  readFileSync(new URL("../node/tls.fixtures.json", import.meta.url), "utf8"),
) as Readonly<Record<"key" | "cert", string>>;
export const TLS = { key: PEM.key, cert: PEM.cert, ca: undefined, clientVerify: false };

export async function serveRest(
  handle: RestHandler,
  options: Partial<RestServerOptions> = {},
): Promise<RestServer & { port: number }> {
  const rest = createRestServer(handle, { log: () => undefined, limits: NO_LIMITS, ...options });
  const port = await listen(rest.server, 0, "127.0.0.1");
  onTestFinished(async () => {
    rest.destroy();
    await closed(rest.server);
  });
  return { ...rest, port };
}

export const closed = (server: Server): Promise<unknown> =>
  new Promise((resolve) => server.close(() => resolve(undefined)));

export function clientOf(port: number, secure = false): RawRestClient {
  const client = new RawRestClient(port, secure);
  onTestFinished(() => {
    client.socket.destroy();
  });
  return client;
}

export const text = (body: string | readonly string[], status = 200): RestResponse => ({
  status,
  headers: { "Content-Type": "text/plain" },
  body: (typeof body === "string" ? [body] : body).map((piece) => Buffer.from(piece)),
});

export const post = (path: string, body: string, more = ""): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;
