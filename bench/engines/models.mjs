// The models of the engines benchmark, made anew with a fixed seed: tiny (16 floats), a CNN of about 5 ms on one core,
// one of about 100 ms.
import { create, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "../../dist/bytes/protobuf/generated/onnx_pb.js";

const FLOAT = 1;
const INTS = 7;

/** `patience`: how many times longer it is measured, to have enough calls. */
export const MODELS = {
  tiny: { shape: [1, 16], outputs: 3, patience: 1, model: perceptron },
  cnn5: { shape: [1, 3, 224, 224], outputs: 64, patience: 1, model: () => convolutions(64, 6) },
  cnn100: { shape: [1, 3, 224, 224], outputs: 128, patience: 3, model: () => convolutions(128, 24) },
};

function perceptron() {
  return encode({
    inputs: [port("x", ["n", 16])],
    outputs: [port("y", ["n", 3])],
    weights: [weight("w1", [16, 16]), weight("w2", [16, 3])],
    nodes: [
      { opType: "MatMul", input: ["x", "w1"], output: ["h"] },
      { opType: "Relu", input: ["h"], output: ["r"] },
      { opType: "MatMul", input: ["r", "w2"], output: ["y"] },
    ],
  });
}

/** Convolutions of 3 x 3 with `channels` channels on 56 x 56 positions, a ReLU after each, the mean of each channel. */
function convolutions(channels, layers) {
  const weights = [];
  const nodes = [];
  for (let layer = 0; layer < layers; layer += 1) {
    weights.push(weight(`w${layer}`, [channels, layer === 0 ? 3 : channels, 3, 3]));
    const strides = layer === 0 ? [4, 4] : [1, 1];
    nodes.push(
      {
        opType: "Conv",
        input: [layer === 0 ? "x" : `r${layer - 1}`, `w${layer}`],
        output: [`c${layer}`],
        attribute: [ints("pads", [1, 1, 1, 1]), ints("strides", strides)],
      },
      { opType: "Relu", input: [`c${layer}`], output: [`r${layer}`] },
    );
  }
  nodes.push(
    { opType: "GlobalAveragePool", input: [`r${layers - 1}`], output: ["mean"] },
    { opType: "Flatten", input: ["mean"], output: ["y"] },
  );
  return encode({
    inputs: [port("x", ["n", 3, 224, 224])],
    outputs: [port("y", ["n", channels])],
    weights,
    nodes,
  });
}

/** An ONNX model's bytes. */
export function encode({ inputs, outputs, weights, nodes }) {
  const graph = { name: "bench", input: inputs, output: outputs, initializer: weights, node: nodes };
  const opsetImport = [{ domain: "", version: 21n }];
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 10n, opsetImport, graph }));
}

/** A float32 input or output; a name in the shape is a free size. */
export function port(name, shape) {
  const dim = shape.map((size) => ({
    value:
      typeof size === "number"
        ? { case: "dimValue", value: BigInt(size) }
        : { case: "dimParam", value: size },
  }));
  return { name, type: { value: { case: "tensorType", value: { elemType: FLOAT, shape: { dim } } } } };
}

function weight(name, shape) {
  const count = shape.reduce((product, size) => product * size, 1);
  const random = generator(count);
  const scale = 2 / Math.sqrt(count / shape[0]);
  const values = Float32Array.from({ length: count }, () => (random() - 0.5) * scale);
  return { name, dataType: FLOAT, dims: shape.map(BigInt), rawData: new Uint8Array(values.buffer) };
}

function ints(name, values) {
  return { name, type: INTS, ints: values.map(BigInt) };
}

/** Numbers in [0, 1), the same for the same seed (a linear congruential generator). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
