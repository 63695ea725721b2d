// Runs a session of its own by onnxruntime-node.
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";

const ort = createRequire(import.meta.url)(workerData.ortPackage);
const session = await ort.InferenceSession.create(workerData.file, {
  intraOpNumThreads: workerData.cores,
  extra: { session: { intra_op: { allow_spinning: "0" } } },
});

parentPort.on("message", async ([x, shape]) => {
  const result = await session.run({ x: new ort.Tensor("float32", x, shape) });
  parentPort.postMessage(result.y.data);
});
parentPort.postMessage("ready");
