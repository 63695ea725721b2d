// Which protocol answers a request on the REST port: the first whose route serves the address.
import type { RestHandler, RestResponse, RestRoute } from "./message.ts";

/** One handler of several protocols. */
export function dispatchRest(routes: readonly RestRoute[]): RestHandler {
  return (request) => {
    const { url, method } = request;
    const route = routes.find((one) => one.serves(url, method));
    return route ? route.handle(request) : notFoundPage();
  };
}

/** libevent's page for addresses that nobody serves, as TensorFlow Serving's clients see it. */
export function notFoundPage(): RestResponse {
  return errorPage(404, "Not Found");
}

/** libevent's page for what it answers by itself. */
export function errorPage(status: number, reason: string): RestResponse {
  const page = `<HTML><HEAD>\n<TITLE>${status} ${reason}</TITLE>\n</HEAD><BODY>\n<H1>${reason}</H1>\n</BODY></HTML>\n`;
  return { status, headers: { "Content-Type": "text/html" }, body: [Buffer.from(page)] };
}
