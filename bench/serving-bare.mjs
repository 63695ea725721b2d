// The engine alone in a process of its own: closed-loop callers of one loaded model, no protocol and no server.
// Started by serving.mjs with the work as JSON: { directory, clients, seconds, input: { key, shape } }.
// Prints { callsPerSecond, p50Ms, p99Ms } as JSON.
import { createEngine } from "../dist/engine/create-engine.js";

const WARM_UP_S = 0.5;

const work = JSON.parse(process.argv[2]);
const model = await createEngine("onnxruntime").load(work.directory);
const { key, shape } = work.input;
const floats = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
const inputs = new Map([[key, { dtype: "float32", shape, data: new Uint8Array(floats.buffer) }]]);

await loop(WARM_UP_S);
const latencies = (await loop(work.seconds)).sort((a, b) => a - b);
await model.close();
const at = (share) => Number(latencies[Math.floor((latencies.length - 1) * share)].toFixed(3));
console.log(
  JSON.stringify({ callsPerSecond: latencies.length / work.seconds, p50Ms: at(0.5), p99Ms: at(0.99) }),
);

/** Runs all callers for some seconds; returns the milliseconds of each call that ended in time. */
async function loop(seconds) {
  const until = performance.now() + seconds * 1000;
  const all = [];
  const caller = async () => {
    while (performance.now() < until) {
      const began = performance.now();
      await model.run("serving_default", inputs);
      if (performance.now() <= until) all.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: work.clients }, caller));
  return all;
}
