// Signatures on tf.Examples for tests, with an engine that parses the feature `x` and answers x / 2 + 2, as the model of
// TensorFlow Serving's own tests does.
import { fromBinary } from "@bufbuild/protobuf";
import { ExampleSchema } from "../../bytes/protobuf/generated/tensorflow_example_pb.ts";
import type { TensorValue } from "../../engine/engine.ts";
import type { Signature, TensorSpec } from "../../model/signature.ts";
import { type FakeOptions, HALF_PLUS_TWO, spec } from "./half-plus-two.ts";

const METHOD = "tensorflow/serving/";
const EXAMPLES = spec("inputs", "string", [-1]);

function exampleSignature(name: string, method: string, outputs: readonly TensorSpec[]): Signature {
  return { name, inputs: [EXAMPLES], outputs, methodName: `${METHOD}${method}` };
}

export const EXAMPLE_SIGNATURES: readonly Signature[] = [
  ...HALF_PLUS_TWO,
  exampleSignature("classify_x_to_y", "classify", [spec("scores", "float32", [-1, 1])]),
  exampleSignature("classify_with_labels", "classify", [
    spec("classes", "string", [-1, 2]),
    spec("scores", "float32", [-1, 2]),
  ]),
  exampleSignature("regress_x_to_y", "regress", [spec("outputs", "float32", [-1, 1])]),
];

/** The values of the float feature `x`, one an example. */
function xOf(examples: readonly Uint8Array[]): number[] {
  return examples.map((bytes) => {
    const kind = fromBinary(ExampleSchema, bytes).features?.feature["x"]?.kind;
    if (kind?.case !== "floatList") throw new Error("the feature x is missing");
    return kind.value.value.at(-1) ?? 0;
  });
}

/** A float tensor. */
export function floatTensor(shape: readonly number[], values: readonly number[]): TensorValue {
  return { dtype: "float32", shape, data: new Uint8Array(Float32Array.from(values).buffer) };
}

/** A string tensor. */
export function stringTensor(shape: readonly number[], texts: readonly string[]): TensorValue {
  return { dtype: "string", shape, data: new Uint8Array(0), strings: texts.map((text) => Buffer.from(text)) };
}

/** The engine. */
export const EXAMPLE_MODEL: FakeOptions = {
  signatures: EXAMPLE_SIGNATURES,
  answer(signature, inputs) {
    const plain = inputs.get("x");
    if (plain) {
      const values = [...new Float32Array(plain.data.slice().buffer)];
      const y = values.map((value) => value / 2 + 2);
      return new Map([["y", floatTensor(plain.shape, y)]]);
    }
    const x = xOf(inputs.get("inputs")?.strings ?? []);
    const y = x.map((value) => value / 2 + 2);
    const batch = x.length;
    if (signature === "classify_with_labels") {
      const texts = x.flatMap(() => ["low", "high"]);
      const scores = y.flatMap((value) => [1 - value, value]);
      return new Map([
        ["classes", stringTensor([batch, 2], texts)],
        ["scores", floatTensor([batch, 2], scores)],
      ]);
    }
    return new Map([[signature === "regress_x_to_y" ? "outputs" : "scores", floatTensor([batch, 1], y)]]);
  },
};
