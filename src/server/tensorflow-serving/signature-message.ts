// A signature as TensorFlow's message.
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  type SignatureDef,
  SignatureDefSchema,
  type TensorInfo,
  TensorInfoSchema,
  TensorProtoSchema,
} from "../../bytes/protobuf/generated/tensorflow_pb.ts";
import type { Signature, TensorSpec } from "../../model/signature.ts";

/** Its SignatureDef. */
export function signatureMessage(signature: Signature): SignatureDef {
  const tensors = (specs: readonly TensorSpec[]): Record<string, TensorInfo> =>
    Object.fromEntries(specs.map((spec) => [spec.key, tensorMessage(spec)]));
  return create(SignatureDefSchema, {
    inputs: tensors(signature.inputs),
    outputs: tensors(signature.outputs),
    methodName: signature.methodName,
    defaults: Object.fromEntries(
      [...(signature.defaults ?? [])].map(([key, bytes]) => [key, fromBinary(TensorProtoSchema, bytes)]),
    ),
  });
}

function tensorMessage({ tensorName, tensorflowDtype, shape }: TensorSpec): TensorInfo {
  const dim = (shape ?? []).map((size) => ({ size: BigInt(size) }));
  return create(TensorInfoSchema, {
    encoding: { case: "name", value: tensorName },
    dtype: tensorflowDtype,
    tensorShape: { dim, unknownRank: shape === undefined },
  });
}
