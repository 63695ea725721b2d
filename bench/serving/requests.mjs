// The ways of asking: one request's bytes, made once before anything is measured, and the numbers in its answer.
// JSON is Python's own, `json.dumps` of a float32 array's `tolist()`: up to 18 digits for each number.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  PredictRequestSchema,
  PredictResponseSchema,
} from "../../dist/bytes/protobuf/generated/tensorflow_serving_pb.js";

const DT_FLOAT = 1;

/** By name: `transport` and `port` (of our server), `request(model, input, json)`, `numbers(answer)`. */
export const WAYS = {
  gRPC: {
    transport: "http2",
    port: "grpc",
    request: (model, input) => ({
      path: "/tensorflow.serving.PredictionService/Predict",
      body: toBinary(PredictRequestSchema, predictRequest(model, input)),
    }),
    numbers: (answer) => {
      const [output] = Object.values(fromBinary(PredictResponseSchema, answer).outputs);
      return output.tensorContent.length > 0 ? floats(output.tensorContent) : output.floatVal;
    },
  },
  "binary REST": {
    transport: "http1",
    port: "rest",
    request: (model, input) => binaryRequest(`/v2/models/${model}/infer`, input),
    numbers: (answer) => {
      const end = answer.indexOf("}]}") + 3; // the JSON ends so; the bytes come after it
      const { outputs } = JSON.parse(answer.toString("utf8", 0, end));
      return floats(answer.subarray(end, end + outputs[0].parameters.binary_data_size));
    },
  },
  JSON: {
    transport: "http1",
    port: "rest",
    request: (model, _, json) => jsonRequest(`/v1/models/${model}:predict`, `{"instances": ${json}}`),
    numbers: (answer) => JSON.parse(answer).predictions.flat(Number.POSITIVE_INFINITY),
  },
};

export function jsonRequest(path, text) {
  return { path, headers: { "Content-Type": "application/json" }, body: Buffer.from(text) };
}

function predictRequest(model, { name, shape, data }) {
  const tensor = {
    dtype: DT_FLOAT,
    tensorShape: { dim: shape.map((size) => ({ size: BigInt(size) })) },
    tensorContent: data,
  };
  return create(PredictRequestSchema, { modelSpec: { name: model }, inputs: { [name]: tensor } });
}

/** The Open Inference Protocol's binary tensors: JSON first, then the bytes. */
function binaryRequest(path, { name, shape, data }) {
  const tensor = { name, shape, datatype: "FP32", parameters: { binary_data_size: data.length } };
  const json = Buffer.from(JSON.stringify({ inputs: [tensor], parameters: { binary_data_output: true } }));
  const headers = {
    "Content-Type": "application/octet-stream",
    "Inference-Header-Content-Length": json.length,
  };
  return { path, headers, body: Buffer.concat([json, data]) };
}

function floats(bytes) {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
