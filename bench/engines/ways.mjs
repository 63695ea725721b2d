// The ways to run onnxruntime from Node that are compared. Each opens a model file and gives { run(x), close() }.
import { once } from "node:events";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import koffi from "koffi";
import { availableCores } from "../../dist/engine/cores.js";
import { onnxRuntimeEngine } from "../../dist/engine/onnxruntime/engine.js";
import { inputNames, openNative, outputNames, runAsyncFunction } from "./c-call.mjs";

const ortPackage = createRequire(import.meta.url).resolve("onnxruntime-node");
const cores = availableCores();

export const WAYS = {
  "engine (as built)": (file, model) => openEngine(file, model, true),
  "engine, never on the loop": (file, model) => openEngine(file, model, false),
  "C API, on the loop": openOnLoop,
  "C API, libuv's pool": openOnPool,
  "C API, RunAsync": openRunAsync,
  "C API, workers, one session": openSharedSession,
  "onnxruntime-node, workers": openWorkerSessions,
  "onnxruntime-node, on the loop": openBinding,
};

async function openEngine(file, { shape }, runOnLoop) {
  const outputs = [{ key: "y" }];
  const signature = { name: "serving_default", inputs: [], outputs, methodName: "" };
  const model = await onnxRuntimeEngine({ runOnLoop }).loadOnnx(file, [signature]);
  return {
    async run(x) {
      const data = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
      const result = await model.run("serving_default", new Map([["x", { dtype: "float32", shape, data }]]));
      const y = result.get("y").data;
      return new Float32Array(y.buffer, y.byteOffset, y.byteLength / 4);
    },
    close: () => model.close(),
  };
}

async function openOnLoop(file, model) {
  const { ort, session, begin, end, close } = await openNative(file, model);
  return {
    async run(x) {
      const call = begin(x);
      return end(call, ort.run(session, null, inputNames, call.input, 1, outputNames, 1, call.output));
    },
    close,
  };
}

async function openOnPool(file, model) {
  const { ort, session, begin, end, close } = await openNative(file, model);
  return {
    run: (x) =>
      new Promise((resolve, reject) => {
        const call = begin(x);
        ort.run.async(
          session,
          null,
          inputNames,
          call.input,
          1,
          outputNames,
          1,
          call.output,
          (error, status) =>
            settle(resolve, reject, () => {
              if (error) throw error;
              return end(call, status);
            }),
        );
      }),
    close,
  };
}

async function openRunAsync(file, model) {
  // RunAsync needs a thread besides the caller's, who does not take part: one more than cores.
  const { session, begin, end, close } = await openNative(file, model, cores + 1);
  const library = ortLibrary();
  const runAsync = runAsyncFunction(library);
  const waiting = new Map();
  const alive = setInterval(() => undefined, 60_000); // a call back alone does not keep the process
  let last = 0;
  const prototype = koffi.proto("void", ["intptr_t", "void *", "size_t", "void *"]);
  const callback = koffi.register((id, _outputs, _count, status) => {
    const done = waiting.get(id);
    waiting.delete(id);
    done(status);
  }, koffi.pointer(prototype));
  return {
    run: (x) =>
      new Promise((resolve, reject) => {
        const call = begin(x);
        last += 1;
        waiting.set(last, (status) => settle(resolve, reject, () => end(call, status)));
        runAsync(session, null, inputNames, call.input, 1, outputNames, 1, call.output, callback, last);
      }),
    async close() {
      await close();
      koffi.unregister(callback);
      clearInterval(alive);
    },
  };
}

async function openSharedSession(file, model) {
  const { session, begin, end, close } = await openNative(file, model);
  const pool = await workerPool("shared-session-worker.mjs", {
    session,
    inputNames: koffi.address(inputNames),
    outputNames: koffi.address(outputNames),
  });
  return {
    async run(x) {
      const call = begin(x);
      return end(call, await pool.send([koffi.address(call.input), koffi.address(call.output)]));
    },
    async close() {
      await pool.close();
      await close();
    },
  };
}

async function openWorkerSessions(file, { shape }) {
  const pool = await workerPool("session-worker.mjs", { file, cores, ortPackage });
  return { run: (x) => pool.send([x, shape]), close: () => pool.close() };
}

async function openBinding(file, { shape }) {
  const { default: ort } = await import("onnxruntime-node");
  const options = { intraOpNumThreads: cores, extra: { session: { intra_op: { allow_spinning: "0" } } } };
  const session = await ort.InferenceSession.create(file, options);
  return {
    run: async (x) => (await session.run({ x: new ort.Tensor("float32", x, shape) })).y.data,
    close: () => session.release(),
  };
}

/** Workers, one a core; each takes one message at a time and answers it. */
async function workerPool(script, workerData) {
  const idle = [];
  const queue = [];
  const workers = Array.from(
    { length: cores },
    () => new Worker(new URL(script, import.meta.url), { workerData }),
  );
  const give = (worker, task) => {
    worker.task = task;
    worker.postMessage(task.message);
  };
  await Promise.all(workers.map((worker) => once(worker, "message"))); // they say that they are ready
  for (const worker of workers) {
    worker.on("message", (answer) => {
      const { resolve } = worker.task;
      const next = queue.shift();
      if (next) give(worker, next);
      else idle.push(worker);
      resolve(answer);
    });
    idle.push(worker);
  }
  return {
    send: (message) =>
      new Promise((resolve) => {
        const worker = idle.pop();
        if (worker) give(worker, { message, resolve });
        else queue.push({ message, resolve });
      }),
    close: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
}

function settle(resolve, reject, result) {
  try {
    resolve(result());
  } catch (error) {
    reject(error);
  }
}

function ortLibrary() {
  const folder = ortPackage.replace(/dist[\\/]index\.js$/, "bin/napi-v6");
  return `${folder}/${process.platform}/${process.arch}/libonnxruntime.so.1`;
}
