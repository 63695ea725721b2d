// Operators that TensorFlow itself does not have, as the list by which tools tell what a server must have.
// Source: tensorflow/core/protobuf/meta_graph.proto (MetaInfoDef.stripped_op_list): each operator once.
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { OpListSchema } from "../../bytes/protobuf/generated/tensorflow_pb.ts";
import type { TfGraph, TfNode } from "../../tensorflow/graph.ts";
import { ATTRIBUTE_TYPES, typeNumber } from "./encode-attribute.ts";

interface Stripped {
  readonly strippedOpList?: MessageInitShape<typeof OpListSchema>;
}

/** The list, with the types of the first node of each operator; nothing if there is none. */
export function strippedOpList(graph: TfGraph): Stripped {
  const first = new Map<string, TfNode>();
  for (const node of [graph, ...graph.functions].flatMap(({ nodes }) => nodes)) {
    if (node.foreign && !first.has(node.op)) first.set(node.op, node);
  }
  if (first.size === 0) return {};
  const sorted = [...first.values()].sort((a, b) => (a.op < b.op ? -1 : 1));
  return { strippedOpList: { op: sorted.map(signatureOf) } };
}

function signatureOf({ op, inputs, attributes, foreign = [] }: TfNode) {
  const named = [...attributes].filter(([name]) => !name.startsWith("_"));
  return {
    name: op,
    inputArg: inputs.map(({ dtype }, index) => ({ name: `input_${index}`, type: typeNumber(dtype) })),
    outputArg: foreign.map(({ name, dtype }) => ({ name, type: typeNumber(dtype) })),
    attr: named.map(([name, { kind }]) => ({ name, type: ATTRIBUTE_TYPES[kind] })),
  };
}
