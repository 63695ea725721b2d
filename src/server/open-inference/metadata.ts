// What a model takes and gives, and its configuration, as data for both forms of the protocol.
// Source: https://github.com/kserve/open-inference-protocol (Model Metadata), Triton's extension_model_configuration.md.
import { Problem } from "../../core/errors.ts";
import type { Signature, TensorSpec } from "../../model/signature.ts";
import type { OpenInferenceContext } from "./context.ts";
import { DATATYPES, datatypeName, datatypeOf } from "./datatypes.ts";
import { acquire, type ModelName, servedVersions } from "./models.ts";
import { hasBatch, signatureOf } from "./signatures.ts";

/** Extensions by the names that Triton gave them. */
export const EXTENSIONS: readonly string[] = [
  "classification",
  "model_repository",
  "model_configuration",
  "binary_tensor_data",
  "parameters",
  "statistics",
];

/** What the server is called. */
export const SERVER_NAME = "torchferry";

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  /** -1 where free. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

export interface ConfigTensor {
  readonly name: string;
  /** Name and number of model_config.proto's DataType. */
  readonly typeName: string;
  readonly typeNumber: number;
  readonly dims: readonly number[];
  readonly optional: boolean;
}

export interface ModelConfiguration {
  readonly name: string;
  readonly platform: string;
  readonly backend: string;
  /** 0: axis 0 is no batch. */
  readonly maxBatchSize: number;
  readonly inputs: readonly ConfigTensor[];
  readonly outputs: readonly ConfigTensor[];
}

/** The protocol's name for what an engine runs. Where one of two is chosen for each version, the directory's form. */
const PLATFORMS: Readonly<Record<string, string>> = {
  onnxruntime: "onnx_onnxv1",
  tensorflow: "tensorflow_savedmodel",
  auto: "tensorflow_savedmodel",
};

/** No limit of ours: what an int32 holds. */
const ANY_BATCH_SIZE = 2 ** 31 - 1;
const INVALID = { configName: "TYPE_INVALID", number: 0 };

/** What a version takes and gives. */
export function modelMetadata(context: OpenInferenceContext, model: ModelName): ModelMetadata | Problem {
  const signature = signatureNow(context, model);
  if (signature instanceof Problem) return signature;
  const { name } = model;
  return {
    name,
    versions: servedVersions(context.models, name),
    platform: platformOf(context),
    inputs: signature.inputs.map(tensorMetadata),
    outputs: signature.outputs.map(tensorMetadata),
  };
}

/** How a version is run, as far as clients need to know. */
export function modelConfiguration(
  context: OpenInferenceContext,
  model: ModelName,
): ModelConfiguration | Problem {
  const signature = signatureNow(context, model);
  if (signature instanceof Problem) return signature;
  const batch = hasBatch(signature);
  const tensors = (specs: readonly TensorSpec[]): readonly ConfigTensor[] =>
    specs.map((spec) => configTensor(spec, batch, signature));
  return {
    name: model.name,
    platform: platformOf(context),
    backend: context.engine,
    maxBatchSize: batch ? ANY_BATCH_SIZE : 0,
    inputs: tensors(signature.inputs),
    outputs: tensors(signature.outputs),
  };
}

function signatureNow({ models }: OpenInferenceContext, model: ModelName): Signature | Problem {
  const handle = acquire(models, model);
  if (handle instanceof Problem) return handle;
  const signature = signatureOf(model.name, handle.loaded);
  handle.release();
  return signature;
}

function platformOf({ engine }: OpenInferenceContext): string {
  return PLATFORMS[engine] ?? engine;
}

function tensorMetadata(spec: TensorSpec): TensorMetadata {
  return { name: spec.key, datatype: datatypeName(spec), shape: spec.shape ?? [-1] };
}

function configTensor(spec: TensorSpec, batch: boolean, { defaults }: Signature): ConfigTensor {
  const datatype = datatypeOf(spec.dtype);
  const { configName, number } = datatype ? DATATYPES[datatype] : INVALID;
  const shape = spec.shape ?? [-1];
  const dims = batch ? shape.slice(1) : shape;
  const optional = defaults?.has(spec.key) ?? false;
  return { name: spec.key, typeName: configName, typeNumber: number, dims, optional };
}
