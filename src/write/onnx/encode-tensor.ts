// Tensors as ONNX's TensorProto: raw bytes inside the message, or a place in another file.
// Source: https://onnx.ai/onnx/repo-docs/ExternalData.html
import { create } from "@bufbuild/protobuf";
import {
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from "../../bytes/protobuf/generated/onnx_pb.ts";
import { onnxNumber } from "../../tensor/onnx-dtypes.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Where the bytes of a tensor stand outside the message. */
export interface ExternalPlacement {
  /** Path relative to the folder of the model file, with forward slashes. */
  readonly location: string;
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
}

const EXTERNAL = 1;

export function encodeTensor(name: string, tensor: Tensor, placement?: ExternalPlacement): TensorProto {
  const proto = create(TensorProtoSchema, {
    name,
    dataType: onnxNumber(tensor.dtype),
    dims: tensor.shape.map(BigInt),
  });
  if (tensor.strings) proto.stringData = [...tensor.strings];
  else if (placement) {
    proto.dataLocation = EXTERNAL;
    proto.externalData = [
      entry("location", placement.location),
      entry("offset", String(placement.offset)),
      entry("length", String(placement.length)),
    ];
  } else proto.rawData = tensor.read();
  return proto;
}

/** One of ONNX's key-value pairs. */
export function entry(key: string, value: string) {
  return create(StringStringEntryProtoSchema, { key, value });
}
