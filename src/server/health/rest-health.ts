// GET /livez and /readyz: whether the process answers at all, and whether it can be sent requests.
// Names and meaning: Kubernetes' own (https://kubernetes.io/docs/reference/using-api/health-checks).
// Invariant: /readyz fails from the first moment of a drain, while requests are still taken.
import { NO_ROUTES, type Protocol } from "../protocol.ts";
import type { RestResponse, RestRoute } from "../rest/message.ts";
import type { Health } from "./health.ts";

const PATH = /^\/(livez|readyz)(?:\?|$)/;

/** The two addresses as a protocol. They are answered however busy the server is. */
export function restHealth(health: Health): Protocol {
  return { serving: { rest: [route(health)], grpc: new Map() }, admin: NO_ROUTES, files: [] };
}

function route(health: Health): RestRoute {
  return {
    serves: (url, method) => PATH.test(url) && (method === "GET" || method === "HEAD"),
    light: true,
    handle: async ({ url, method }) => {
      const fine = url.startsWith("/livez") || health.state === "serving";
      return answer(fine ? 200 : 503, method === "HEAD" ? "" : `${fine ? "ok" : health.state}\n`);
    },
  };
}

function answer(status: number, text: string): RestResponse {
  return { status, headers: { "Content-Type": "text/plain" }, body: [Buffer.from(text)] };
}
