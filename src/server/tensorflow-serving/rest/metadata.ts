// GET /v1/models/M[/versions/N | /labels/L]/metadata: the signatures.
// Layout: TensorFlow Serving joins three texts by hand, each protobuf's JSON with its own end of line.
import { fromBinary } from "@bufbuild/protobuf";
import { TensorProtoSchema } from "../../../bytes/protobuf/generated/tensorflow_pb.ts";
import { tensorflowName } from "../../../bytes/protobuf/tensorflow-dtypes.ts";
import { jsonOfMessage } from "../../../bytes/protobuf/text-form.ts";
import { Problem } from "../../../core/errors.ts";
import type { Signature, TensorSpec } from "../../../model/signature.ts";
import type { ModelSpec, Models } from "../../manager/manager.ts";
import { jsonResponse, type RestResponse } from "../../rest/message.ts";
import { errorResponse } from "./errors.ts";

/** The answer. */
export function metadataOverRest(models: Models, spec: ModelSpec): RestResponse {
  const handle = models.acquire(spec);
  if (handle instanceof Problem) return errorResponse(handle);
  const signatures = [...handle.loaded.signatures.values()];
  const { model, version } = handle;
  handle.release();
  const modelSpec = { name: model, signature_name: "", version: String(version) };
  const signatureDef = { signature_def: byName(signatures.map((one) => [one.name, signatureJson(one)])) };
  const text = `{\n"model_spec":${pretty(modelSpec)},\n"metadata": {"signature_def": ${pretty(signatureDef)}}\n}\n`;
  return jsonResponse(200, text);
}

function signatureJson(signature: Signature): unknown {
  return {
    inputs: tensorsJson(signature.inputs),
    outputs: tensorsJson(signature.outputs),
    method_name: signature.methodName,
    defaults: defaultsJson(signature),
  };
}

function defaultsJson({ defaults }: Signature): unknown {
  return byName(
    [...(defaults ?? [])].map(([key, bytes]) => [
      key,
      jsonOfMessage(TensorProtoSchema, fromBinary(TensorProtoSchema, bytes)),
    ]),
  );
}

function tensorsJson(tensors: readonly TensorSpec[]): unknown {
  return byName(tensors.map((tensor) => [tensor.key, tensorJson(tensor)]));
}

function tensorJson({ tensorflowDtype, shape, tensorName }: TensorSpec): unknown {
  const dim = (shape ?? []).map((size) => ({ size: String(size), name: "" }));
  const tensorShape = { dim, unknown_rank: shape === undefined };
  return { dtype: tensorflowName(tensorflowDtype), tensor_shape: tensorShape, name: tensorName };
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, undefined, 1)}\n`;
}

/** An object that takes any name, `__proto__` too. */
function byName(entries: readonly (readonly [string, unknown])[]): unknown {
  return Object.fromEntries(entries);
}
