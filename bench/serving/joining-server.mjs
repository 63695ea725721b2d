// Our server with batching, as one of the servers that a model's are compared with.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { startOurServer } from "./our-server.mjs";
import { WAYS } from "./requests.mjs";

const PARAMETERS = "max_batch_size { value: 32 } max_enqueued_batches { value: 100 }";

/** What makes a server join; `folder` takes the file of its parameters. */
export function batchingFlags(folder) {
  const file = path.join(folder, "batching.config");
  writeFileSync(file, PARAMETERS);
  return ["--enable_batching", "--batching_parameters_file", file];
}

/** gRPC of a server that joins the requests of its clients. */
export async function startJoining(model, folder) {
  const { ports, pids, stop } = await startOurServer(model, { flags: batchingFlags(folder) });
  const { transport, request } = WAYS.gRPC;
  const sent = request(model.name, model.input, model.json);
  return { name: "gRPC, joined", transport, port: ports.grpc, request: sent, pids, stop };
}
