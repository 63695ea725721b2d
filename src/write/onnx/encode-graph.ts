// A graph as the bytes of an ONNX model. Source: https://onnx.ai/onnx/repo-docs/IR.html
// Constants of subgraphs stand in the outermost graph, where every graph inside sees them. A subgraph may not return a
// value of the graphs around it, so an Identity is put between.
// Invariant: equal graphs give equal bytes; nothing but names is changed in the graph.
// Not here: where external data lies (the writer of the version directory decides and hands in `place`).
import { create, toBinary } from "@bufbuild/protobuf";
import {
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
} from "../../bytes/protobuf/generated/onnx_pb.ts";
import { type Graph, type Node, subgraphsOf, type Value } from "../../graph/graph.ts";
import { assignNames } from "../../graph/names.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { encodeAttribute } from "./encode-attribute.ts";
import { type ExternalPlacement, encodeTensor, entry } from "./encode-tensor.ts";
import { encodeValueInfo } from "./encode-type.ts";
import { importedOpsets, irVersionFor } from "./opset.ts";

export type { ExternalPlacement } from "./encode-tensor.ts";

const PRODUCER = "torchferry";

/** Says where an initializer's bytes stand outside the model; undefined keeps them inside. */
export type Place = (tensor: Tensor) => ExternalPlacement | undefined;

/**
 * The bytes of a ModelProto. Everything gets its name first (`assignNames`).
 * Throws a RangeError beyond protobuf's 2 GiB, which cannot happen when `place` takes the weights.
 */
export function encodeOnnx(graph: Graph, place: Place): Uint8Array {
  assignNames(graph);
  const opsets = importedOpsets(graph);
  const main = encodeGraph(graph);
  main.initializer = [...constantsOf(graph)].map((value) => {
    const tensor = value.initializer as Tensor; // only constants are collected
    return encodeTensor(value.name, tensor, place(tensor));
  });
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersionFor(opsets.get("") ?? 0)),
    producerName: PRODUCER,
    graph: main,
    opsetImport: [...opsets].map(([domain, version]) =>
      create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
    ),
    metadataProps: [...graph.metadata].map(([key, value]) => entry(key, value)),
  });
  return toBinary(ModelProtoSchema, model);
}

function encodeGraph(graph: Graph): GraphProto {
  return create(GraphProtoSchema, {
    name: graph.name,
    input: graph.inputs.map(encodeValueInfo),
    output: graph.outputs.map(encodeValueInfo),
    node: graph.nodes.map(encodeNode),
  });
}

function encodeNode(node: Node): NodeProto {
  return create(NodeProtoSchema, {
    name: node.name,
    opType: node.op,
    domain: node.domain,
    input: withoutTrailingBlanks(node.inputs),
    output: withoutTrailingBlanks(node.outputs),
    attribute: [...node.attributes].map(([name, attribute]) =>
      encodeAttribute(name, attribute, (graph) => encodeSubgraph(graph, `${node.name}/${name}`)),
    ),
    docString: node.origin.line,
  });
}

/** As `encodeGraph`, with Identity nodes for outputs that the graph does not compute itself. */
function encodeSubgraph(graph: Graph, prefix: string): GraphProto {
  const proto = encodeGraph(graph);
  const own = new Set<Value>();
  for (const node of graph.nodes) for (const output of node.outputs) if (output) own.add(output);
  for (const [index, value] of graph.outputs.entries()) {
    const info = proto.output[index];
    if (own.delete(value) || !info) continue; // a value that is returned twice needs a copy too
    info.name = `${prefix}/${index}`;
    proto.node.push(
      create(NodeProtoSchema, {
        name: info.name,
        opType: "Identity",
        input: [value.name],
        output: [info.name],
      }),
    );
  }
  return proto;
}

function withoutTrailingBlanks(values: readonly (Value | undefined)[]): string[] {
  const names = values.map((value) => value?.name ?? "");
  while (names.at(-1) === "") names.pop();
  return names;
}

/** Constants of the graph and its subgraphs in order of first use. */
function constantsOf(graph: Graph, found = new Set<Value>()): Set<Value> {
  for (const node of graph.nodes) {
    for (const input of node.inputs) if (input?.initializer) found.add(input);
    for (const inner of subgraphsOf(node)) constantsOf(inner, found);
  }
  for (const output of graph.outputs) if (output.initializer) found.add(output);
  return found;
}
