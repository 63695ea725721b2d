// Runs the main thread's session, whose address it gets; one session may be run by many threads.
import { parentPort, workerData } from "node:worker_threads";
import { loadLibrary } from "../../dist/engine/onnxruntime/library.js";

const ort = loadLibrary();
const { session, inputNames, outputNames } = workerData;

parentPort.on("message", ([input, output]) => {
  parentPort.postMessage(ort.run(session, null, inputNames, input, 1, outputNames, 1, output));
});
parentPort.postMessage("ready");
