// Attributes as ONNX's AttributeProto. Source: https://onnx.ai/onnx/repo-docs/IR.html (Attributes)
// Not here: graphs inside attributes, which the caller encodes because they need its scope (encode-graph.ts).
import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
} from "../../bytes/protobuf/generated/onnx_pb.ts";
import type { Attribute } from "../../graph/attribute.ts";
import { toInt64 } from "../../graph/builder.ts";
import type { Graph } from "../../graph/graph.ts";
import { encodeTensor } from "./encode-tensor.ts";
import { encodeType } from "./encode-type.ts";

/** AttributeProto.AttributeType. */
const KIND_NUMBERS: Readonly<Record<Attribute["kind"], number>> = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  type: 13,
};

export function encodeAttribute(
  name: string,
  attribute: Attribute,
  encodeSubgraph: (graph: Graph) => GraphProto,
): AttributeProto {
  const proto = create(AttributeProtoSchema, { name, type: KIND_NUMBERS[attribute.kind] });
  setValue(proto, attribute, encodeSubgraph);
  return proto;
}

function setValue(
  proto: AttributeProto,
  attribute: Attribute,
  encodeSubgraph: (graph: Graph) => GraphProto,
): void {
  switch (attribute.kind) {
    case "int":
      proto.i = toInt64(attribute.value);
      return;
    case "float":
      proto.f = attribute.value;
      return;
    case "string":
      proto.s = utf8.encode(attribute.value);
      return;
    case "ints":
      proto.ints = attribute.value.map(toInt64);
      return;
    case "floats":
      proto.floats = [...attribute.value];
      return;
    case "strings":
      proto.strings = attribute.value.map((text) => utf8.encode(text));
      return;
    case "tensor":
      proto.t = encodeTensor("", attribute.value);
      return;
    case "tensors":
      proto.tensors = attribute.value.map((tensor) => encodeTensor("", tensor));
      return;
    case "graph":
      proto.g = encodeSubgraph(attribute.value);
      return;
    case "graphs":
      proto.graphs = attribute.value.map(encodeSubgraph);
      return;
    case "type":
      proto.tp = encodeType(attribute.value);
  }
}

const utf8 = new TextEncoder();
