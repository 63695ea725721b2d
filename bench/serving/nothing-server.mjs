// The server that does nothing (nothing.mjs), as one of the servers that the tiny model's are compared with.
import { SERVER_CORE, startModule } from "./pinned-process.mjs";
import { WAYS } from "./requests.mjs";

/** Starters over HTTP/1.1 and HTTP/2; the answers are as long as those of a server of the tiny model. */
export const NOTHING = ["JSON", "gRPC"].map((way) => async (model) => {
  const { transport, port, request } = WAYS[way];
  const { ask, stop, pids } = startModule(SERVER_CORE, "nothing.mjs");
  const ports = await ask({ rest: Buffer.alloc(80, " "), grpc: Buffer.alloc(100) });
  const sent = request(model.name, model.input, model.json);
  return { name: `nothing, as ${way}`, transport, port: ports[port], request: sent, pids, stop };
});
