// Types of values as ONNX's TypeProto. Source: https://onnx.ai/onnx/repo-docs/IR.html (Types)
// A free dimension is its symbol; an expression such as `2*batch` is its canonical text, which readers take as a name.
import { create } from "@bufbuild/protobuf";
import {
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  type TypeProto,
  TypeProto_OptionalSchema,
  TypeProto_SequenceSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "../../bytes/protobuf/generated/onnx_pb.ts";
import type { Dim } from "../../graph/dim.ts";
import type { Value } from "../../graph/graph.ts";
import type { ValueType } from "../../graph/type.ts";
import { onnxNumber } from "../../tensor/onnx-dtypes.ts";

/** Name and type of a graph's input or output; the type is left out if it is unknown. */
export function encodeValueInfo(value: Value): ValueInfoProto {
  const info = create(ValueInfoProtoSchema, { name: value.name });
  if (value.type) info.type = encodeType(value.type);
  return info;
}

export function encodeType(type: ValueType): TypeProto {
  if (type.kind === "sequence") {
    const value = create(TypeProto_SequenceSchema, { elemType: encodeType(type.element) });
    return create(TypeProtoSchema, { value: { case: "sequenceType", value } });
  }
  if (type.kind === "optional") {
    const value = create(TypeProto_OptionalSchema, { elemType: encodeType(type.element) });
    return create(TypeProtoSchema, { value: { case: "optionalType", value } });
  }
  const value = create(TypeProto_TensorSchema, { elemType: onnxNumber(type.dtype) });
  if (type.shape) value.shape = create(TensorShapeProtoSchema, { dim: type.shape.map(encodeDim) });
  return create(TypeProtoSchema, { value: { case: "tensorType", value } });
}

function encodeDim(dim: Dim) {
  return create(TensorShapeProto_DimensionSchema, {
    value:
      typeof dim === "number"
        ? { case: "dimValue", value: BigInt(dim) }
        : { case: "dimParam", value: dim.key },
  });
}
