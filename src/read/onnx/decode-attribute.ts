// AttributeProto to Attribute.
// Specification: https://onnx.ai/onnx/repo-docs/IR.html#attributes
import type { AttributeProto, GraphProto, TensorProto } from "../../bytes/protobuf/generated/onnx_pb.ts";
import type { Attribute } from "../../graph/attribute.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { decodeType } from "./decode-type.ts";

export interface AttributeContext {
  readonly decodeTensor: (tensor: TensorProto) => Tensor | undefined;
  readonly decodeGraph: (graph: GraphProto) => Graph | undefined;
}

/** By AttributeProto.type. Sparse tensors stand only in Constant, which reads them itself. */
const KINDS: readonly (
  | ((proto: AttributeProto, context: AttributeContext) => Attribute | undefined)
  | undefined
)[] = [
  undefined,
  (proto) => ({ kind: "float", value: proto.f ?? 0 }),
  (proto) => ({ kind: "int", value: Number(proto.i ?? 0n) }),
  (proto) => ({ kind: "string", value: text(proto.s ?? new Uint8Array(0)) }),
  (proto, context) => {
    const value = proto.t && context.decodeTensor(proto.t);
    return value && { kind: "tensor", value };
  },
  (proto, context) => {
    const value = proto.g && context.decodeGraph(proto.g);
    return value && { kind: "graph", value };
  },
  (proto) => ({ kind: "floats", value: proto.floats }),
  (proto) => ({ kind: "ints", value: proto.ints.map(Number) }),
  (proto) => ({ kind: "strings", value: proto.strings.map(text) }),
  (proto, context) => ({ kind: "tensors", value: defined(proto.tensors.map(context.decodeTensor)) }),
  (proto, context) => ({ kind: "graphs", value: defined(proto.graphs.map(context.decodeGraph)) }),
  undefined,
  undefined,
  (proto) => {
    const value = decodeType(proto.tp, proto.name);
    return value && { kind: "type", value };
  },
];

/** The attribute; undefined if it has no contents of its type (which `context` has noted, for tensors and graphs). */
export function decodeAttribute(proto: AttributeProto, context: AttributeContext): Attribute | undefined {
  return KINDS[proto.type || typeByContents(proto)]?.(proto, context);
}

/** Files of IR version 1 and 2 may leave the type out: the field that is there tells. */
function typeByContents(proto: AttributeProto): number {
  if (proto.f !== undefined) return 1;
  if (proto.i !== undefined) return 2;
  if (proto.s !== undefined) return 3;
  if (proto.t) return 4;
  if (proto.g) return 5;
  if (proto.floats.length > 0) return 6;
  if (proto.ints.length > 0) return 7;
  return proto.strings.length > 0 ? 8 : 0;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function defined<T>(items: readonly (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined);
}
