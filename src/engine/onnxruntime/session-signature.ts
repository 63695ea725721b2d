// What a session takes and gives, for a model.onnx that stands alone: one signature with the names of the ONNX graph.
// Not here: signatures that a saved_model.pb tells (read-served-graph.ts).
import { tensorflowNumber } from "../../bytes/protobuf/tensorflow-dtypes.ts";
import type { Signature, TensorSpec } from "../../model/signature.ts";
import { ONNX_DTYPES } from "../../tensor/onnx-dtypes.ts";
import type { Address } from "../native/c-function.ts";
import { koffi } from "../native/foreign-functions.ts";
import type { OrtApi } from "./c-api.ts";
import { CallFrame } from "./call-frame.ts";
import { check, made, type OrtRuntime } from "./runtime.ts";
import { readTensorType } from "./values.ts";

interface Side {
  readonly count: OrtApi["sessionGetInputCount"];
  readonly name: OrtApi["sessionGetInputName"];
  readonly type: OrtApi["sessionGetInputTypeInfo"];
}

/** `serving_default`, over all inputs and outputs of the graph. Free sizes are -1. Throws OrtFailure. */
export function sessionSignature(runtime: OrtRuntime, session: bigint): Signature {
  const { ort } = runtime;
  const inputs: Side = {
    count: ort.sessionGetInputCount,
    name: ort.sessionGetInputName,
    type: ort.sessionGetInputTypeInfo,
  };
  const outputs: Side = {
    count: ort.sessionGetOutputCount,
    name: ort.sessionGetOutputName,
    type: ort.sessionGetOutputTypeInfo,
  };
  return {
    name: "serving_default",
    inputs: tensorSpecs(runtime, session, inputs),
    outputs: tensorSpecs(runtime, session, outputs),
    methodName: "tensorflow/serving/predict",
  };
}

function tensorSpecs(runtime: OrtRuntime, session: bigint, side: Side): TensorSpec[] {
  const { ort } = runtime;
  const count = Number(made(ort, (result) => side.count(session, result)) ?? 0n);
  return Array.from({ length: count }, (_, index) => tensorSpec(runtime, session, side, index));
}

function tensorSpec(runtime: OrtRuntime, session: bigint, side: Side, index: number): TensorSpec {
  const { ort } = runtime;
  const key = textAt(
    runtime,
    made(ort, (result) => side.name(session, index, runtime.allocator, result)),
  );
  const info = made(ort, (result) => side.type(session, index, result));
  try {
    const tensor = made(ort, (result) => ort.castTypeInfoToTensorInfo(info, result)); // NULL for sequences and maps
    if (tensor === null)
      return { key, tensorName: key, dtype: undefined, tensorflowDtype: 0, shape: undefined };
    const { number, shape } = readTensorType(runtime, new CallFrame(0), tensor);
    const dtype = ONNX_DTYPES.get(number);
    return { key, tensorName: key, dtype, tensorflowDtype: dtype ? tensorflowNumber(dtype) : 0, shape };
  } finally {
    ort.releaseTypeInfo(info);
  }
}

/** A zero-terminated text that onnxruntime allocated. */
function textAt({ ort, allocator }: OrtRuntime, address: Address): string {
  if (address === null) return "";
  const text: unknown = koffi().decode(address, "char", -1);
  check(ort, ort.allocatorFree(allocator, address));
  return String(text);
}
