// Small ONNX models for the engine's tests, as bytes.
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProtoSchema,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from "../../bytes/protobuf/generated/onnx_pb.ts";
import { tensorflowNumber } from "../../bytes/protobuf/tensorflow-dtypes.ts";
import type { Signature, TensorSpec } from "../../model/signature.ts";
import type { DType } from "../../tensor/dtype.ts";
import { onnxNumber } from "../../tensor/onnx-dtypes.ts";

/** A graph's input or output; a size that is text is free. */
export interface Port {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

export type NodeInit = MessageInitShape<typeof NodeProtoSchema>;
export type AttributeInit = MessageInitShape<typeof AttributeProtoSchema>;
export type TensorInit = MessageInitShape<typeof TensorProtoSchema>;

export interface ModelInit {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly NodeInit[];
  readonly weights?: readonly TensorInit[];
}

export function onnxModel(init: ModelInit): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    opsetImport: [{ domain: "", version: 21n }],
    graph: {
      name: "test",
      node: [...init.nodes],
      input: init.inputs.map(valueInfo),
      output: init.outputs.map(valueInfo),
      initializer: [...(init.weights ?? [])],
    },
  });
  return toBinary(ModelProtoSchema, model);
}

/** The signature that such a model is served with. */
export function signatureOf(init: ModelInit, name = "serving_default"): Signature {
  return {
    name,
    inputs: init.inputs.map(tensorSpec),
    outputs: init.outputs.map(tensorSpec),
    methodName: "tensorflow/serving/predict",
  };
}

export const intsAttribute = (name: string, values: readonly number[]): AttributeInit => ({
  name,
  type: 7,
  ints: values.map(BigInt),
});

export const intAttribute = (name: string, value: number): AttributeInit => ({
  name,
  type: 2,
  i: BigInt(value),
});

/** float32 weights, equal for equal names and shapes. */
export function weight(name: string, shape: readonly number[]): TensorInit {
  const count = shape.reduce((product, size) => product * size, 1);
  const scale = 1 / Math.sqrt(count / (shape[0] ?? 1));
  const values = Float32Array.from({ length: count }, (_, index) => Math.sin(index * 7.3 + count) * scale);
  return { name, dataType: 1, dims: shape.map(BigInt), rawData: new Uint8Array(values.buffer) };
}

/** y = x for any dtype that Identity knows. */
export function identityModel(dtype: DType, shape: readonly (number | string)[]): ModelInit {
  return {
    inputs: [{ name: "x", dtype, shape }],
    outputs: [{ name: "y", dtype, shape }],
    nodes: [{ opType: "Identity", input: ["x"], output: ["y"] }],
  };
}

/** A chain of 3x3 convolutions over 64 channels; some 10 ms on one core for each layer at 112 x 112. */
export function convolutions(layers: number, channels = 64): ModelInit {
  const names = Array.from({ length: layers }, (_, layer) => `w${layer}`);
  return {
    inputs: [{ name: "x", dtype: "float32", shape: ["batch", channels, "height", "width"] }],
    outputs: [{ name: "y", dtype: "float32", shape: ["batch", channels, 1, 1] }],
    weights: names.map((name) => weight(name, [channels, channels, 3, 3])),
    nodes: [
      ...names.map((name, layer) => ({
        opType: "Conv",
        input: [layer === 0 ? "x" : `c${layer - 1}`, name],
        output: [`c${layer}`],
        attribute: [intsAttribute("pads", [1, 1, 1, 1])],
      })),
      { opType: "GlobalAveragePool", input: [`c${layers - 1}`], output: ["y"] },
    ],
  };
}

function valueInfo({ name, dtype, shape }: Port): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape.map((size) =>
    typeof size === "number"
      ? { value: { case: "dimValue" as const, value: BigInt(size) } }
      : { value: { case: "dimParam" as const, value: size } },
  );
  return {
    name,
    type: { value: { case: "tensorType", value: { elemType: onnxNumber(dtype), shape: { dim } } } },
  };
}

function tensorSpec({ name, dtype, shape }: Port): TensorSpec {
  return {
    key: name,
    tensorName: `${name}:0`,
    dtype,
    tensorflowDtype: tensorflowNumber(dtype),
    shape: shape.map((size) => (typeof size === "number" ? size : -1)),
  };
}
