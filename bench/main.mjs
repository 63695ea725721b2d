// Runs a benchmark by name: `npm run bench -- engines`. Each is a module with `run(arguments)`, which prints its table.
const BENCHES = {
  engines: "ways to run onnxruntime from Node: latency, throughput, event-loop delay, memory",
  conversion: "whole-process conversion, beside onnx2tf or torch.onnx.export",
  inference:
    "a converted model in TensorFlow and onnxruntime, beside Keras's own network, onnx2tf and torch.onnx",
  json: "tensors in JSON, beside JSON.parse: one body of 200 MB over a socket, several shapes",
  large: "a model of 3 GB: show, and convert beside cp; time, memory, and the answer in TensorFlow",
  serving: "a server's calls a second, latency and processor time, beside the bare engine and other servers",
  start: "the time until a server is ready, and its memory",
  turns: "how long the event loop is held at once, by what is large, many or rare",
  workers: "what --workers gives: servers with 1, 2, ... of them; processor time, latency, memory",
};

const [name, ...rest] = process.argv.slice(2);

if (name === undefined || !Object.hasOwn(BENCHES, name)) {
  console.error("usage: npm run bench -- NAME [arguments]\n");
  for (const [bench, what] of Object.entries(BENCHES)) console.error(`  ${bench.padEnd(12)}${what}`);
  process.exit(2);
}

const { run } = await import(`./${name}.mjs`);
await run(rest);
