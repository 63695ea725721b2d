// A small client of TensorFlow Serving's gRPC Predict: one unary call over node:http2.
// Framing: one byte 0 (not compressed), the message's length in four bytes, big-endian, the message.
import * as http2 from "node:http2";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  PredictRequestSchema,
  PredictResponseSchema,
} from "../../dist/bytes/protobuf/generated/tensorflow_serving_pb.js";

const DT_FLOAT = 1;
const FRAME_HEADER_BYTES = 5;

/**
 * Sends float32 inputs, `{name: {shape, data: Float32Array}}`, and resolves to the outputs, `{name: Float32Array}`.
 * `address` is host:port. Rejects with the status's message if the call fails.
 */
export async function grpcPredict(address, model, signature, inputs) {
  const request = create(PredictRequestSchema, {
    modelSpec: { name: model, signatureName: signature },
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, tensorProto(input)])),
  });
  const reply = await call(
    address,
    "/tensorflow.serving.PredictionService/Predict",
    toBinary(PredictRequestSchema, request),
  );
  const { outputs } = fromBinary(PredictResponseSchema, reply);
  return Object.fromEntries(Object.entries(outputs).map(([name, proto]) => [name, floats(proto)]));
}

function tensorProto({ shape, data }) {
  return {
    dtype: DT_FLOAT,
    tensorShape: { dim: shape.map((size) => ({ size: BigInt(size) })) },
    tensorContent: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function floats(proto) {
  if (proto.tensorContent.byteLength === 0) return Float32Array.from(proto.floatVal);
  return new Float32Array(proto.tensorContent.slice().buffer);
}

function call(address, path, message) {
  const { promise, resolve, reject } = deferred();
  const session = http2.connect(`http://${address}`).on("error", reject);
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  const chunks = [];
  let status = {};
  stream.on("response", (headers) => {
    status = headers;
  });
  stream.on("trailers", (trailers) => {
    status = trailers;
  });
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("error", reject);
  stream.on("end", () => {
    if (status["grpc-status"] === "0") resolve(Buffer.concat(chunks).subarray(FRAME_HEADER_BYTES));
    else reject(new Error(decodeURIComponent(status["grpc-message"] ?? `HTTP ${status[":status"]}`)));
  });
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32BE(message.byteLength, 1);
  stream.end(Buffer.concat([header, message]));
  return promise.finally(() => session.close());
}

function deferred() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}
