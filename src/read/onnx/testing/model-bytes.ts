// Model files for tests, from the readable text of a graph or from messages.
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
} from "../../../bytes/protobuf/generated/onnx_pb.ts";
import { type ByteSource, bytesSource } from "../../../core/byte-source.ts";
import { parseGraph } from "../../../graph/text.ts";
import { encodeOnnx } from "../../../write/onnx/encode-graph.ts";

/** A model whose nodes are as the text says, in the operator set that it states: old forms stay old. */
export function modelOfText(text: string): ByteSource {
  const graph = parseGraph(text);
  const model = fromBinary(
    ModelProtoSchema,
    encodeOnnx(graph, () => undefined),
  );
  for (const opset of model.opsetImport) opset.version = BigInt(graph.opsets.get(opset.domain) ?? 1);
  return sourceOf(model);
}

/** A model of opset 20 around a graph. */
export function modelOfGraph(graph: MessageInitShape<typeof GraphProtoSchema>): ModelProto {
  return create(ModelProtoSchema, { irVersion: 10n, opsetImport: [{ domain: "", version: 20n }], graph });
}

export function sourceOf(model: ModelProto): ByteSource {
  return bytesSource("m.onnx", toBinary(ModelProtoSchema, model));
}
