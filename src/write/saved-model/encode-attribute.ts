// Attributes of TensorFlow nodes as AttrValue messages.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type AttrValue,
  AttrValueSchema,
  type TensorProtoSchema,
} from "../../bytes/protobuf/generated/tensorflow_pb.ts";
import { tensorflowNumber } from "../../bytes/protobuf/tensorflow-dtypes.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { TfAttribute, TfShape, TfType } from "../../tensorflow/graph.ts";

/** The number of a type, with those that only live inside a graph. */
export function typeNumber(type: TfType): number {
  if (type === "resource") return 20;
  return type === "variant" ? 21 : tensorflowNumber(type);
}

export function shapeProto(shape: TfShape) {
  return shape ? { dim: shape.map((size) => ({ size: BigInt(size) })) } : { unknownRank: true };
}

export function encodeAttribute(attribute: TfAttribute): AttrValue {
  return create(AttrValueSchema, { value: fieldOf(attribute) });
}

type Value = NonNullable<MessageInitShape<typeof AttrValueSchema>["value"]>;

function fieldOf(attribute: TfAttribute): Value {
  switch (attribute.kind) {
    case "type":
      return { case: "type", value: typeNumber(attribute.value) };
    case "int":
      return { case: "i", value: BigInt(attribute.value) };
    case "float":
      return { case: "f", value: attribute.value };
    case "bool":
      return { case: "b", value: attribute.value };
    case "string":
      return { case: "s", value: Buffer.from(attribute.value) };
    case "shape":
      return { case: "shape", value: shapeProto(attribute.value) };
    case "tensor":
      return { case: "tensor", value: tensorProto(attribute.value) };
    case "func":
      return { case: "func", value: { name: attribute.value } };
    default:
      return { case: "list", value: listOf(attribute) };
  }
}

type ListAttribute = Extract<TfAttribute, { kind: "ints" | "floats" | "types" | "strings" | "shapes" }>;

function listOf(attribute: ListAttribute) {
  switch (attribute.kind) {
    case "ints":
      return { i: attribute.value.map(BigInt) };
    case "floats":
      return { f: [...attribute.value] };
    case "types":
      return { type: attribute.value.map(typeNumber) };
    case "strings":
      return { s: attribute.value.map((text) => Buffer.from(text)) };
    case "shapes":
      return { shape: attribute.value.map(shapeProto) };
  }
}

function tensorProto(tensor: Tensor): MessageInitShape<typeof TensorProtoSchema> {
  const header = { dtype: tensorflowNumber(tensor.dtype), tensorShape: shapeProto(tensor.shape) };
  if (tensor.strings) return { ...header, stringVal: [...tensor.strings] };
  return { ...header, tensorContent: tensor.read() };
}

/** Kinds as OpDef names them. */
export const ATTRIBUTE_TYPES: Readonly<Record<TfAttribute["kind"], string>> = {
  type: "type",
  int: "int",
  float: "float",
  bool: "bool",
  string: "string",
  shape: "shape",
  tensor: "tensor",
  func: "func",
  ints: "list(int)",
  floats: "list(float)",
  types: "list(type)",
  strings: "list(string)",
  shapes: "list(shape)",
};
