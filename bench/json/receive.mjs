// A server that reads a tensor out of each body as our own does, from the socket on, and answers with what that cost:
// { ms, growthBytes, sum } of processor time, of memory at its most beside what was used before, and of the elements.
import { createRestServer } from "../../dist/server/node/http1.js";
import { inSlices } from "../../dist/server/slices.js";
import { feedBody } from "../../dist/server/tensorflow-serving/rest/feed-body.js";
import { measureCost, sumOf } from "./cost.mjs";
import { predictReader } from "./readers.mjs";

async function handle(request) {
  const cost = measureCost();
  const reader = predictReader("float32", Number(request.header("content-length")));
  const refusal = (await feedBody(request, reader, {})) ?? reader.finish();
  if (refusal) throw new Error(refusal.message);
  const { inputs } = await inSlices(reader.tensors());
  const answer = { ...cost(), sum: sumOf(inputs.get("x").data) };
  return { status: 200, headers: {}, body: [Buffer.from(JSON.stringify(answer))] };
}

const { server } = createRestServer(handle, { log: (_level, text) => console.error(text) });
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
