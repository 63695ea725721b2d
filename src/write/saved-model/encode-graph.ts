// A TensorFlow graph as a GraphDef message. Names of inputs: `node`, `node:1` and `^node` (runs before) in the graph
// itself; `argument` and `node:port:0` inside functions.
import { create } from "@bufbuild/protobuf";
import {
  type FunctionDef,
  FunctionDefSchema,
  type GraphDef,
  GraphDefSchema,
  type NodeDef,
  NodeDefSchema,
} from "../../bytes/protobuf/generated/tensorflow_pb.ts";
import type { TfFunction, TfGraph, TfNode, TfValue } from "../../tensorflow/graph.ts";
import { encodeAttribute, typeNumber } from "./encode-attribute.ts";

/** The graph's version: what TensorFlow 2.17 writes. Later ones read it, and earlier ones that have the operators. */
const PRODUCER = 1882;
/** The oldest TensorFlow that may read it, as TensorFlow itself states. */
const MIN_CONSUMER = 12;

export function encodeGraphDef(graph: TfGraph): GraphDef {
  return create(GraphDefSchema, {
    node: graph.nodes.map((node) => encodeNode(node, tensorName)),
    ...(graph.functions.length > 0 ? { library: { function: graph.functions.map(encodeFunction) } } : {}),
    versions: { producer: PRODUCER, minConsumer: MIN_CONSUMER },
  });
}

function encodeNode(node: TfNode, nameOf: (value: TfValue) => string): NodeDef {
  return create(NodeDefSchema, {
    name: node.name,
    op: node.op,
    input: [...node.inputs.map(nameOf), ...node.controls.map((control) => `^${control.name}`)],
    attr: Object.fromEntries([...node.attributes].map(([name, value]) => [name, encodeAttribute(value)])),
  });
}

function tensorName(value: TfValue): string {
  return value.index === 0 ? value.node.name : `${value.node.name}:${value.index}`;
}

function encodeFunction(body: TfFunction): FunctionDef {
  const argument = ({ name, type }: { name: string; type: number }) => ({ name, type });
  return create(FunctionDefSchema, {
    signature: {
      name: body.name,
      inputArg: body.inputs.map(({ name, dtype }) => argument({ name, type: typeNumber(dtype) })),
      outputArg: body.outputs.map(({ name, value }) => argument({ name, type: typeNumber(value.dtype) })),
    },
    nodeDef: body.nodes.map((node) => encodeNode(node, portName)),
    ret: Object.fromEntries(body.outputs.map(({ name, value }) => [name, portName(value)])),
  });
}

/** An argument of a function is a value whose node is the pseudo-operator `_Arg`. */
function portName(value: TfValue): string {
  return value.node.op === "_Arg" ? value.node.name : `${value.node.name}:${value.port}`;
}
