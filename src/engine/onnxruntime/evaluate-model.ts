// Runs a small ONNX model once, here and now: what folding constants needs in the middle of a pass.
// Invariant: one thread, so that sums are added in the same order on machines with other numbers of cores.
// Not here: models that are served (engine.ts).
import type { TensorValue } from "../engine.ts";
import { callOnLoop } from "./call.ts";
import { CallFrame } from "./call-frame.ts";
import { NativeNames } from "./native-names.ts";
import { check, made, type OrtRuntime, ortRuntime } from "./runtime.ts";

/**
 * The named outputs, no strings, of a model without inputs. Holds the event loop. Throws ENGINE_UNAVAILABLE, or onnxruntime's own
 * error for a model that it cannot load or run.
 */
export function evaluateModel(model: Uint8Array, outputs: readonly string[]): readonly TensorValue[] {
  const runtime = ortRuntime();
  const session = openHere(runtime, model);
  try {
    const callee = { runtime, session, names: new NativeNames() };
    const values = callOnLoop(callee, new CallFrame(outputs.length), new Map(), outputs);
    return [...values.values()];
  } finally {
    runtime.ort.releaseSession(session);
  }
}

function openHere({ ort, environment }: OrtRuntime, model: Uint8Array): bigint {
  const options = made(ort, (result) => ort.createSessionOptions(result));
  try {
    check(ort, ort.setIntraOpNumThreads(options, 1));
    const session = made(ort, (result) =>
      ort.createSessionFromArray(environment, model, model.byteLength, options, result),
    );
    return session ?? 0n;
  } finally {
    ort.releaseSessionOptions(options);
  }
}
