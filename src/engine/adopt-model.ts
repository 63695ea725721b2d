// A model that another thread of this process loaded, run by this one: the same session, weights and operators, called
// with memory of this thread's own.
// Invariant: nothing is loaded and nothing released; whoever loaded the model closes it after all who adopted it.
// Not here: telling when that is (server/workers/).
import type { LoadedModel, SharedModel } from "./engine.ts";
import { NativeModel, type NativeSession } from "./native/native-model.ts";
import { LoopBudget } from "./native/run-costs.ts";
import type { RunSlots } from "./native/run-slots.ts";
import { ONNX_RUNTIME } from "./onnxruntime/engine.ts";
import { OrtSession } from "./onnxruntime/ort-session.ts";
import { ortRuntime } from "./onnxruntime/runtime.ts";
import { TENSORFLOW } from "./tensorflow/engine.ts";
import { tensorflowRuntime } from "./tensorflow/runtime.ts";
import { TensorFlowSession } from "./tensorflow/tf-session.ts";

/** Makes models that are loaded already this thread's too. */
export type AdoptModel = (shared: SharedModel) => Promise<LoadedModel>;

/** `slots` say which of this thread's runs may start. Throws what finding and binding the engine's library throws. */
export function modelAdopter(slots: RunSlots): AdoptModel {
  const loop = new LoopBudget();
  return async (shared) => {
    const session = borrowed(await sessionOf(shared));
    const { name, signatures, keepsState } = shared;
    const budget = shared.steadyCost ? loop : undefined;
    return new NativeModel({ name, place: shared, session, signatures, slots, keepsState, budget });
  };
}

async function sessionOf({ engine, library, addresses }: SharedModel): Promise<NativeSession> {
  const [first = 0n, second = 0n] = addresses;
  if (engine === ONNX_RUNTIME) return new OrtSession(ortRuntime(), first);
  if (engine !== TENSORFLOW) throw new Error(`models of the engine ${engine} cannot be adopted`);
  // Its operators are the process's already.
  const runtime = await tensorflowRuntime({ library, env: {} });
  return new TensorFlowSession(runtime, { session: first, graph: second });
}

/** The session without its end. */
function borrowed(session: NativeSession): NativeSession {
  return {
    onThread: (...call) => session.onThread(...call),
    onLoop: (...call) => session.onLoop(...call),
    blamesInputs: (error) => session.blamesInputs(error),
    release: async () => session.forget?.(),
  };
}
