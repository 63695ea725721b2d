// Which protocol answers a request on the REST port: the first whose route serves the address.
import type { RestHandler, RestResponse, RestRoute } from "./message.ts";

/** One handler of several protocols. */
export function dispatchRest(routes: readonly RestRoute[]): RestHandler {
  return async (request) => {
    const route = routes.find((one) => one.serves(request.url, request.method));
    return route ? route.handle(request) : notFoundPage();
  };
}

/** libevent's page for addresses that nobody serves, as TensorFlow Serving's clients see it. */
export function notFoundPage(): RestResponse {
  const page =
    "<HTML><HEAD>\n<TITLE>404 Not Found</TITLE>\n</HEAD><BODY>\n<H1>Not Found</H1>\n</BODY></HTML>\n";
  return { status: 404, headers: { "Content-Type": "text/html" }, body: [Buffer.from(page)] };
}
