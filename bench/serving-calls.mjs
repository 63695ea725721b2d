// A load generator, in a process of its own: closed-loop clients of one protocol against one server.
// Started by serving.mjs with the work as JSON: { protocol, port, model, clients, seconds, input: { key, shape } }.
// Prints { callsPerSecond, p50Ms, p99Ms } as JSON. Requests are encoded once; answers are read and their status checked.
import http from "node:http";
import http2 from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { PredictRequestSchema } from "../dist/bytes/protobuf/generated/tensorflow_serving_pb.js";

const WARM_UP_S = 0.5;

const work = JSON.parse(process.argv[2]);
const call = work.protocol === "rest" ? restCaller(work) : grpcCaller(work);
await loop(WARM_UP_S);
const latencies = await loop(work.seconds);
latencies.sort((a, b) => a - b);
const at = (share) => Number(latencies[Math.floor((latencies.length - 1) * share)].toFixed(3));
console.log(
  JSON.stringify({ callsPerSecond: latencies.length / work.seconds, p50Ms: at(0.5), p99Ms: at(0.99) }),
);
process.exit(0);

/** Runs all clients for some seconds; returns the milliseconds of each call that ended in time. */
async function loop(seconds) {
  const until = performance.now() + seconds * 1000;
  const all = [];
  const client = async () => {
    while (performance.now() < until) {
      const began = performance.now();
      await call();
      if (performance.now() <= until) all.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: work.clients }, client));
  return all;
}

/** Predict by REST, columnar, over kept connections. */
function restCaller({ port, model, clients, input }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: clients });
  const body = Buffer.from(JSON.stringify({ inputs: nested(values(input.shape), input.shape) }));
  const headers = { "content-type": "application/json", "content-length": body.length };
  const options = {
    agent,
    port,
    host: "127.0.0.1",
    method: "POST",
    path: `/v1/models/${model}:predict`,
    headers,
  };
  return () =>
    new Promise((resolve, reject) => {
      const request = http.request(options, (answer) => {
        answer.resume();
        answer.on("end", () =>
          answer.statusCode === 200 ? resolve() : reject(new Error(`status ${answer.statusCode}`)),
        );
      });
      request.on("error", reject);
      request.end(body);
    });
}

/** Predict by gRPC, one stream a call, over one connection. */
function grpcCaller({ port, model, input }) {
  // Node refuses more calls when this many megabytes wait to be sent; 64 images are more than its 10.
  const maxSessionMemory = 1024;
  const settings = { initialWindowSize: 1 << 24 };
  const session = http2.connect(`http://127.0.0.1:${port}`, { settings, maxSessionMemory });
  const message = toBinary(PredictRequestSchema, predictRequest(model, input));
  const frame = Buffer.alloc(5 + message.length); // a gRPC message: no compression, length, bytes
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  const headers = {
    ":method": "POST",
    ":path": "/tensorflow.serving.PredictionService/Predict",
    "content-type": "application/grpc",
    te: "trailers",
  };
  return () =>
    new Promise((resolve, reject) => {
      const stream = session.request(headers);
      let status;
      stream.on("response", (answer) => {
        status = answer["grpc-status"];
      });
      stream.on("trailers", (answer) => {
        status = answer["grpc-status"];
      });
      stream.on("end", () => (status === "0" ? resolve() : reject(new Error(`gRPC status ${status}`))));
      stream.on("error", reject);
      stream.resume();
      stream.end(frame);
    });
}

function predictRequest(model, input) {
  const floats = values(input.shape);
  const tensor = {
    dtype: 1, // DT_FLOAT
    tensorShape: { dim: input.shape.map((size) => ({ size: BigInt(size) })) },
    tensorContent: new Uint8Array(floats.buffer),
  };
  return create(PredictRequestSchema, { modelSpec: { name: model }, inputs: { [input.key]: tensor } });
}

/** The same numbers each time, with as many digits as a real image's. */
function values(shape) {
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
}

/** A flat array as nested lists. */
function nested(flat, [size, ...rest]) {
  if (rest.length === 0) return Array.from(flat);
  const step = flat.length / size;
  return Array.from({ length: size }, (_, i) => nested(flat.subarray(i * step, (i + 1) * step), rest));
}
