// A load generator in a process of its own: closed-loop clients of one server, a kept connection each.
// Started by pinned-process.mjs. Takes the work first, { transport, port, request: { path, headers, body } }, and answers
// it with the server's first answer, which each later answer must equal; then windows, { clients, ...measureWindow's }, and
// numbers of calls, { clients, calls }.
import { callTimes } from "./call-times.mjs";
import { Http1Connection } from "./http1-connection.mjs";
import { Http2Connection } from "./http2-connection.mjs";
import { measureWindow } from "./measure-window.mjs";
import { answerRequests } from "./pinned-process.mjs";

const CONNECTIONS = { http1: Http1Connection, http2: Http2Connection };
let work;
let answer;

answerRequests(async (request) => {
  if (request.transport) {
    work = request;
    answer = await withConnections(1, firstAnswer);
    return answer;
  }
  return withConnections(request.clients, (connections) => {
    const callers = connections.map((connection) => (done) => connection.call(done));
    return request.calls ? callTimes(callers, request.calls) : measureWindow(callers, request);
  });
});

function firstAnswer([connection]) {
  return new Promise((resolve, reject) => {
    connection.call((error, body) => (error ? reject(error) : resolve(Buffer.from(body))));
  });
}

async function withConnections(count, use) {
  const { transport, port, request } = work;
  const opening = Array.from({ length: count }, () => CONNECTIONS[transport].open(port, request, answer));
  const connections = await Promise.all(opening);
  try {
    return await use(connections);
  } finally {
    for (const connection of connections) connection.close();
  }
}
