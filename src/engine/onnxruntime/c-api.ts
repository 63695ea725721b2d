// ONNX Runtime's C API: the functions we call, bound by their place in the table of function pointers `OrtApi`.
// Source: https://onnxruntime.ai/docs/api/c/struct_ort_api.html
// Invariant: the table only ever grows at its end, so an index holds for every library that has API_VERSION; the
// library is asked for exactly that version. A wrong index is a crash: every function here is called by a test.
// Not here: what the calls are for (session.ts, values.ts, strings.ts), where the library lies (library.ts).
import type { LibraryHandle } from "koffi";
import { type BoundTable, bindTable, type CRow } from "../native/c-prototype.ts";
import { koffi } from "../native/foreign-functions.ts";

/** The first version (onnxruntime 1.15) that has everything below. */
export const API_VERSION = 15;

/** Result `pointer` is an OrtStatus unless the name says otherwise: NULL means that all is well. */
const FUNCTIONS = {
  getErrorCode: [1, "int", "pointer"],
  getErrorMessage: [2, "text", "pointer"],
  createSession: [7, "pointer", "pointer", "path", "pointer", "pointer"],
  /** session, run options, input names, inputs, their count, output names, their count, outputs */
  run: [9, "pointer", "pointer", "pointer", "pointer", "pointer", "size", "pointer", "size", "pointer"],
  /** environment, the model's bytes, their count, options, the new session */
  createSessionFromArray: [8, "pointer", "pointer", "pointer", "size", "pointer", "pointer"],
  createSessionOptions: [10, "pointer", "pointer"],
  setIntraOpNumThreads: [24, "pointer", "pointer", "int"],
  /** session, the count */
  sessionGetInputCount: [30, "pointer", "pointer", "pointer"],
  sessionGetOutputCount: [31, "pointer", "pointer", "pointer"],
  /** session, index, the type */
  sessionGetInputTypeInfo: [33, "pointer", "pointer", "size", "pointer"],
  sessionGetOutputTypeInfo: [34, "pointer", "pointer", "size", "pointer"],
  /** session, index, allocator, the name */
  sessionGetInputName: [36, "pointer", "pointer", "size", "pointer", "pointer"],
  sessionGetOutputName: [37, "pointer", "pointer", "size", "pointer", "pointer"],
  createRunOptions: [39, "pointer", "pointer"],
  runOptionsSetTerminate: [46, "pointer", "pointer"],
  /** allocator, dimensions, rank, element type, the new value */
  createTensorAsOrtValue: [48, "pointer", "pointer", "pointer", "size", "int", "pointer"],
  /** memory info, data, its bytes, dimensions, rank, element type, the new value */
  createTensorWithDataAsOrtValue: [
    49,
    "pointer",
    "pointer",
    "pointer",
    "size",
    "pointer",
    "size",
    "int",
    "pointer",
  ],
  getTensorMutableData: [51, "pointer", "pointer", "pointer"],
  fillStringTensor: [52, "pointer", "pointer", "pointer", "size"],
  getStringTensorDataLength: [53, "pointer", "pointer", "pointer"],
  /** value, buffer, its bytes, offsets, their count */
  getStringTensorContent: [54, "pointer", "pointer", "pointer", "size", "pointer", "size"],
  castTypeInfoToTensorInfo: [55, "pointer", "pointer", "pointer"],
  getTensorElementType: [60, "pointer", "pointer", "pointer"],
  getDimensionsCount: [61, "pointer", "pointer", "pointer"],
  getDimensions: [62, "pointer", "pointer", "pointer", "size"],
  getTensorTypeAndShape: [65, "pointer", "pointer", "pointer"],
  createCpuMemoryInfo: [69, "pointer", "int", "int", "pointer"],
  allocatorFree: [76, "pointer", "pointer", "pointer"],
  getAllocatorWithDefaultOptions: [78, "pointer", "pointer"],
  releaseStatus: [93, "nothing", "pointer"],
  releaseSession: [95, "nothing", "pointer"],
  releaseValue: [96, "nothing", "pointer"],
  releaseRunOptions: [97, "nothing", "pointer"],
  releaseTypeInfo: [98, "nothing", "pointer"],
  releaseTensorTypeAndShapeInfo: [99, "nothing", "pointer"],
  releaseSessionOptions: [100, "nothing", "pointer"],
  /** log level, log id, threading options, the new environment */
  createEnvWithGlobalThreadPools: [119, "pointer", "int", "text", "pointer", "pointer"],
  disablePerSessionThreads: [120, "pointer", "pointer"],
  createThreadingOptions: [121, "pointer", "pointer"],
  releaseThreadingOptions: [122, "nothing", "pointer"],
  addSessionConfigEntry: [130, "pointer", "pointer", "text", "text"],
  setGlobalIntraOpNumThreads: [147, "pointer", "pointer", "int"],
  setGlobalSpinControl: [149, "pointer", "pointer", "int"],
  /** options, the library's file */
  registerCustomOpsLibrary: [228, "pointer", "pointer", "path"],
  /** value, element, its bytes, the buffer to fill */
  getResizedStringTensorElementBuffer: [252, "pointer", "pointer", "size", "size", "pointer"],
} as const satisfies Record<string, CRow<number>>;

export type OrtApi = BoundTable<typeof FUNCTIONS>;

/** Binds the C API of a loaded library; undefined if it is older than API_VERSION. */
export function bindOrtApi(library: LibraryHandle): OrtApi | undefined {
  // struct OrtApiBase { const OrtApi *GetApi(uint32_t version); const char *GetVersionString(void); }
  const base: unknown = library.func("OrtGetApiBase", "void *", [])();
  const getApi = functionAt(base, 0, "void *", ["uint32_t"]);
  const table: unknown = getApi(API_VERSION);
  if (table === null) return undefined;
  return bindTable(FUNCTIONS, (index, result, parameters) => functionAt(table, index, result, parameters));
}

function functionAt(table: unknown, index: number, result: string, parameters: string[]) {
  const { decode, proto, sizeof } = koffi();
  const address: unknown = decode(table, index * sizeof("void *"), "void *");
  return decode(address, proto(result, parameters)) as (...args: unknown[]) => unknown; // koffi has no types
}
