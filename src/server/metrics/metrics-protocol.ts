// The page that Prometheus reads, on the REST port.
// Source: TensorFlow Serving's model_servers/http_server.cc.
import { NO_ROUTES, type Protocol } from "../protocol.ts";
import type { RestRequest, RestResponse } from "../rest/message.ts";
import type { Metrics } from "./metrics.ts";
import { type Family, metricsText } from "./text-format.ts";

const HEADERS = { "Content-Type": "text/plain" };

/** Metrics at a path. */
export function metricsProtocol(path: string, metrics: Metrics): Protocol {
  const serves = (url: string): boolean => url === path || url.startsWith(`${path}?`);
  const handle = async ({ url }: RestRequest): Promise<RestResponse> => {
    if (url === path) return { status: 200, headers: HEADERS, body: pagesOf(await metrics.read()) };
    const text = `Unexpected path: ${url}. Should be ${path}`;
    return { status: 400, headers: HEADERS, body: [Buffer.from(text)] };
  };
  return {
    serving: { rest: [{ serves, handle, light: true }], grpc: new Map() },
    admin: NO_ROUTES,
    files: [],
  };
}

function* pagesOf(families: readonly Family[]): Generator<Uint8Array, void> {
  for (const text of metricsText(families)) yield Buffer.from(text);
}
