// The engine alone in a process of its own: closed-loop callers of one loaded model, no protocol and no server.
// Started by pinned-process.mjs. Takes the work first, { directory, input: { name, shape, data } }, and answers it with
// the bytes of the output; then windows, { clients, ...measureWindow's }, and numbers of calls, { clients,
// calls }.
import { createEngine } from "../../dist/engine/create-engine.js";
import { callTimes } from "./call-times.mjs";
import { measureWindow } from "./measure-window.mjs";
import { answerRequests } from "./pinned-process.mjs";

let call;

answerRequests(async (request) => {
  if (request.directory) {
    const model = await createEngine("onnxruntime").load(request.directory, { intraOpThreads: 1 });
    const { name, shape, data } = request.input;
    const inputs = new Map([[name, { dtype: "float32", shape, data }]]);
    call = () => model.run("serving_default", inputs);
    const [output] = (await call()).values();
    return output.data;
  }
  const caller = (done) => call().then(() => done(), done);
  const callers = Array(request.clients).fill(caller);
  return request.calls ? callTimes(callers, request.calls) : measureWindow(callers, request);
});
