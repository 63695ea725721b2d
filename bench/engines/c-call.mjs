// One call of ONNX Runtime's C API for a model with one input x and one output y, for the ways that use it.
import koffi from "koffi";
import { copyNow } from "../../dist/engine/native/bytes.js";
import { check, made, ortRuntime } from "../../dist/engine/onnxruntime/runtime.js";
import { openSession, releaseSession } from "../../dist/engine/onnxruntime/session.js";

const FLOAT = 1;
/** RunAsync's place in OrtApi. */
const RUN_ASYNC = 260;
const API_VERSION = 18;

/** Zero-terminated names at addresses that stay; exported, so that they are not collected. */
export const names = ["x", "y"].map((name) => new Uint8Array(Buffer.from(`${name}\0`)));
export const inputNames = BigUint64Array.of(koffi.address(names[0]));
export const outputNames = BigUint64Array.of(koffi.address(names[1]));

/** A session and what it takes to call it. */
export async function openNative(file, { shape, outputs }, intraOpThreads = 0) {
  const runtime = ortRuntime();
  const { ort, memory } = runtime;
  const session = await openSession(runtime, file, { intraOpThreads, operatorLibraries: [] });
  const dimensions = BigInt64Array.from(shape, BigInt);
  return {
    ort,
    session,
    /** An array with the input's OrtValue and one for the output's. */
    begin(x) {
      const input = BigUint64Array.of(0n);
      check(
        ort,
        ort.createTensorWithDataAsOrtValue(memory, x, x.byteLength, dimensions, shape.length, FLOAT, input),
      );
      return { x, input, output: BigUint64Array.of(0n) };
    },
    /** Checks the status, copies the output, releases both values. */
    end({ input, output }, status) {
      ort.releaseValue(input[0]);
      check(ort, status);
      const data = made(ort, (result) => ort.getTensorMutableData(output[0], result));
      const y = new Float32Array(outputs);
      copyNow(y, data, y.byteLength);
      ort.releaseValue(output[0]);
      return y;
    },
    close: () => releaseSession(runtime, session),
  };
}

/** OrtApi::RunAsync, which runs on onnxruntime's own threads and calls back on one of them. */
export function runAsyncFunction(libraryFile) {
  const base = koffi.load(libraryFile).func("OrtGetApiBase", "void *", [])();
  const getApi = koffi.decode(koffi.decode(base, "void *"), koffi.proto("void *", ["uint32_t"]));
  const address = koffi.decode(getApi(API_VERSION), RUN_ASYNC * koffi.sizeof("void *"), "void *");
  const parameters = [
    "void *",
    "void *",
    "void *",
    "void *",
    "size_t",
    "void *",
    "size_t",
    "void *",
    "void *",
    "intptr_t",
  ];
  return koffi.decode(address, koffi.proto("void *", parameters));
}
