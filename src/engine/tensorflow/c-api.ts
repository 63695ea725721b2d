// TensorFlow's C API: the functions we call, by their names in the library.
// Source: tensorflow/c/c_api.h, tf_tensor.h and tf_tstring.h
// Invariant: every function here is called by a test against the real library (conformance, engine_tensorflow).
// Not here: what the calls are for (runtime.ts, tf-session.ts, tensors.ts), where the library lies (find-library.ts).
import type { LibraryHandle } from "koffi";
import { type BoundTable, bindTable, type CRow } from "../native/c-prototype.ts";

/** The last parameter of functions that can fail is a TF_Status. */
const FUNCTIONS = {
  version: ["TF_Version", "text"],
  newStatus: ["TF_NewStatus", "pointer"],
  deleteStatus: ["TF_DeleteStatus", "nothing", "pointer"],
  getCode: ["TF_GetCode", "int", "pointer"],
  message: ["TF_Message", "text", "pointer"],
  loadLibrary: ["TF_LoadLibrary", "pointer", "text", "pointer"],
  newSessionOptions: ["TF_NewSessionOptions", "pointer"],
  deleteSessionOptions: ["TF_DeleteSessionOptions", "nothing", "pointer"],
  /** options, a serialized ConfigProto, its bytes, status */
  setConfig: ["TF_SetConfig", "nothing", "pointer", "pointer", "size", "pointer"],
  newGraph: ["TF_NewGraph", "pointer"],
  deleteGraph: ["TF_DeleteGraph", "nothing", "pointer"],
  /** graph, name */
  operationByName: ["TF_GraphOperationByName", "pointer", "pointer", "text"],
  /** options, run options, directory, tags, their count, graph, the MetaGraphDef to fill, status */
  loadSession: [
    "TF_LoadSessionFromSavedModel",
    "pointer",
    "pointer",
    "pointer",
    "text",
    "pointer",
    "int",
    "pointer",
    "pointer",
    "pointer",
  ],
  closeSession: ["TF_CloseSession", "nothing", "pointer", "pointer"],
  deleteSession: ["TF_DeleteSession", "nothing", "pointer", "pointer"],
  /** session, run options, inputs, values, count, outputs, values, count, targets, count, metadata, status */
  sessionRun: [
    "TF_SessionRun",
    "nothing",
    "pointer",
    "pointer",
    "pointer",
    "pointer",
    "int",
    "pointer",
    "pointer",
    "int",
    "pointer",
    "int",
    "pointer",
    "pointer",
  ],
  /** element type, dimensions, rank, bytes */
  allocateTensor: ["TF_AllocateTensor", "pointer", "int", "pointer", "int", "size"],
  /** a TF_Buffer with a TensorProto, the tensor to fill, status */
  tensorFromProto: ["TF_TensorFromProto", "nothing", "pointer", "pointer", "pointer"],
  deleteTensor: ["TF_DeleteTensor", "nothing", "pointer"],
  tensorType: ["TF_TensorType", "int", "pointer"],
  numDims: ["TF_NumDims", "int", "pointer"],
  /** tensor, axis */
  dim: ["TF_Dim", "size", "pointer", "int"],
  /** Not TF_TensorByteSize, which reads through the null pointer that an empty tensor of strings has for data. */
  elementCount: ["TF_TensorElementCount", "size", "pointer"],
  tensorData: ["TF_TensorData", "pointer", "pointer"],
  /** Of one element of a string tensor. */
  stringDataPointer: ["TF_StringGetDataPointer", "pointer", "pointer"],
  stringSize: ["TF_StringGetSize", "size", "pointer"],
} as const satisfies Record<string, CRow<string>>;

export type TensorFlowApi = BoundTable<typeof FUNCTIONS>;

/** Binds the C API of a loaded library. Throws if it lacks one of the functions. */
export function bindTensorFlow(library: LibraryHandle): TensorFlowApi {
  return bindTable(FUNCTIONS, (symbol, result, parameters) => library.func(symbol, result, parameters));
}
