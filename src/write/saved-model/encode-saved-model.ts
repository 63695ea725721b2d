// saved_model.pb: the graph, its signatures, and how its variables are restored.
// Source: tensorflow/core/protobuf/saved_model.proto and meta_graph.proto. No object graph is written: loaders then take
// the way of TensorFlow 1, which gives `.signatures` all the same.
import { create, toBinary } from "@bufbuild/protobuf";
import {
  SavedModelSchema,
  type SignatureDef,
  SignatureDefSchema,
  VariableDefSchema,
} from "../../bytes/protobuf/generated/tensorflow_pb.ts";
import type { TfEndpoint, TfGraph, TfVariable } from "../../tensorflow/graph.ts";
import { type Restorable, type ShardOf, withRestore } from "../../tensorflow/restore.ts";
import { shapeProto, typeNumber } from "./encode-attribute.ts";
import { encodeGraphDef } from "./encode-graph.ts";
import { strippedOpList } from "./foreign-operators.ts";

const SCHEMA_VERSION = 1n;
const SERVE_TAG = "serve";
const DEFAULT_SIGNATURE = "serving_default";
const PREDICT_METHOD = "tensorflow/serving/predict";
/** SaverDef.V2, the format of the checkpoint. */
const SAVER_V2 = 2;

export interface SavedModelOptions {
  /** Which data file of the checkpoint holds a variable; by default there is one file. */
  readonly shardOf?: ShardOf;
  /** There is no checkpoint beside it. Loaders then want no way to restore one. */
  readonly isFrozen?: boolean;
}

/** The bytes of saved_model.pb. `signatures` are further names of the one signature beside `serving_default`. */
export function encodeSavedModel(
  graph: TfGraph,
  signatures: readonly string[],
  { shardOf, isFrozen = false }: SavedModelOptions = {},
): Uint8Array {
  const restorable = isFrozen ? undefined : withRestore(graph, shardOf);
  const names = [...new Set([DEFAULT_SIGNATURE, ...signatures])].sort();
  const model = create(SavedModelSchema, {
    savedModelSchemaVersion: SCHEMA_VERSION,
    metaGraphs: [
      {
        metaInfoDef: { tags: [SERVE_TAG], strippedDefaultAttrs: true, ...strippedOpList(graph) },
        graphDef: encodeGraphDef(restorable?.graph ?? graph),
        ...(restorable ? { saverDef: saverOf(restorable), collectionDef: collections(restorable) } : {}),
        signatureDef: Object.fromEntries(names.map((name) => [name, encodeSignature(graph)])),
      },
    ],
  });
  return toBinary(SavedModelSchema, model);
}

function saverOf({ filename, restoreAll }: Restorable) {
  return {
    filenameTensorName: `${filename.name}:0`,
    saveTensorName: `${filename.name}:0`, // never run; loaders want a name
    restoreOpName: restoreAll.name,
    version: SAVER_V2,
  };
}

function encodeSignature(graph: TfGraph): SignatureDef {
  return create(SignatureDefSchema, {
    inputs: Object.fromEntries(graph.inputs.map((input) => [input.key, tensorInfo(input)])),
    outputs: Object.fromEntries(graph.outputs.map((output) => [output.key, tensorInfo(output)])),
    methodName: PREDICT_METHOD,
  });
}

function tensorInfo({ value, dtype, shape }: TfEndpoint) {
  return {
    encoding: { case: "name" as const, value: `${value.node.name}:${value.index}` },
    dtype: typeNumber(dtype),
    tensorShape: shapeProto(shape),
  };
}

/** TensorFlow 2 finds variables in these collections; freezing tools too. */
function collections({ graph, assigned }: Restorable) {
  if (graph.variables.length === 0) return {};
  const value = graph.variables.map((variable) => variableDef(variable, assigned.get(variable)?.name ?? ""));
  const list = { kind: { case: "bytesList" as const, value: { value } } };
  return { trainable_variables: list, variables: list };
}

function variableDef(variable: TfVariable, initializer: string): Uint8Array {
  const message = create(VariableDefSchema, {
    variableName: `${variable.handle.name}:0`,
    initializerName: initializer,
    snapshotName: `${variable.read.name}:0`,
    isResource: true,
    trainable: true,
  });
  return toBinary(VariableDefSchema, message);
}
