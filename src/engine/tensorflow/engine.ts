// The engine on TensorFlow's C API: loads a version directory's saved_model.pb with its variables, tables and assets,
// as TensorFlow itself wrote it or as we did.
// Not here: where the library comes from (find-library.ts, runtime.ts), conversion, versions, batching.
import * as fs from "node:fs";
import * as path from "node:path";
import { fail } from "../../core/errors.ts";
import type { Engine } from "../engine.ts";
import { NativeModel } from "../native/native-model.ts";
import { type RunSlots, sharedRunSlots } from "../native/run-slots.ts";
import { readServedGraph } from "../read-served-graph.ts";
import { openSession } from "./open-session.ts";
import { TensorFlowFailure, type TensorFlowPlace, tensorflowRuntime } from "./runtime.ts";
import { TensorFlowSession } from "./tf-session.ts";

export interface TensorFlowOptions extends TensorFlowPlace {
  /** Threads that run operators of one run beside each other; by default each run has the thread it is called on. */
  readonly interOpThreads?: number | undefined;
  /** A ConfigProto, encoded; its threads count where none are given otherwise. */
  readonly sessionConfig?: Uint8Array | undefined;
}

/** Its name, as `--engine` takes it. */
export const TENSORFLOW = "tensorflow";

/** Operators of a run go one after the other, each over all cores; runs are side by side by their slots. */
const ON_THE_CALLING_THREAD = -1;

/** An engine; TensorFlow is found and loaded with its first model. */
export function tensorflowEngine(options: TensorFlowOptions): Engine {
  const slots: RunSlots = sharedRunSlots();
  return {
    name: TENSORFLOW,
    async load(directory, { intraOpThreads = 0, name = directory, tags } = {}) {
      const graph = await readServedGraph(directory, tags);
      const runtime = await tensorflowRuntime(options);
      const threads = {
        intraOp: intraOpThreads || runtime.cores,
        interOp: options.interOpThreads || ON_THE_CALLING_THREAD,
        config: options.sessionConfig,
      };
      try {
        const opened = await openSession(runtime, directory, graph.tags, threads);
        const session = new TensorFlowSession(runtime, opened);
        const { library } = runtime;
        const place = { engine: TENSORFLOW, library, addresses: [opened.session, opened.graph] };
        const { signatures } = graph;
        // What stands beside an ONNX model is a conversion of ours, which computes and keeps nothing.
        const keepsState = !fs.existsSync(path.join(directory, "model.onnx"));
        return new NativeModel({ name, place, session, signatures, slots, keepsState });
      } catch (error) {
        if (!(error instanceof TensorFlowFailure)) throw error;
        const reason = error.message.trim().replace(/\s+/g, " ");
        return fail("TENSORFLOW_LOAD_FAILED", { model: name, version: runtime.version, reason }, error);
      }
    },
  };
}
