// Workers as threads of this process, and the serving ports' connections handed to them.
// A connection is handed over as a second descriptor of its socket; the first one is closed, and nothing of it was read.
// Not here: which worker gets it (workers/worker-pool.ts), what becomes of it there (run-worker.ts).
import { randomBytes } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { MessageChannel, Worker } from "node:worker_threads";
import { fail } from "../../core/errors.ts";
import { availableCores } from "../../engine/cores.ts";
import { canDuplicate, closeDescriptor, duplicate } from "../../engine/native/descriptors.ts";
import { runSlotCount } from "../../engine/native/run-slots.ts";
import { systemClock } from "../clock.ts";
import type { RecordSink } from "../request-log/request-log.ts";
import { type ListenerName, makeCells } from "../workers/cells.ts";
import type { FromWorker, ToWorker } from "../workers/messages.ts";
import type { StartThread } from "../workers/worker.ts";
import { WorkerPool } from "../workers/worker-pool.ts";
import type { ServeOptions } from "./serve-options.ts";
import type { Listener, ServingListeners } from "./serving-listeners.ts";
import { type WorkerStart, workerOptions } from "./worker-start.ts";

const TICKET_KEYS_BYTES = 48;

/** Beside this file, also when files are bundled. */
const WORKER_FILE = new URL("./worker-thread.js", import.meta.url);

/** Workers that are not started yet. Throws WORKERS_UNSUPPORTED. */
export function workerThreads(options: ServeOptions, sink: RecordSink): WorkerPool {
  const { workers = 1, log, maxConnections = 0 } = options;
  if (!canDuplicate()) fail("WORKERS_UNSUPPORTED", { workers, platform: process.platform });
  const cells = makeCells(workers, runSlotCount(availableCores()));
  return new WorkerPool({
    workers,
    cells,
    startThread: threadStarter(options, workers, cells),
    clock: systemClock,
    log,
    maxConnections,
    discard: closeDescriptor,
    sink,
  });
}

function threadStarter(options: ServeOptions, workers: number, cells: Int32Array): StartThread {
  const ticketKeys = randomBytes(TICKET_KEYS_BYTES);
  const copied = workerOptions(options);
  return (worker, events) => {
    const { port1: changes, port2: read } = new MessageChannel();
    const start: WorkerStart = { worker, workers, cells, options: copied, changes: read, ticketKeys };
    const thread = new Worker(options.workerFile ?? WORKER_FILE, {
      workerData: start,
      transferList: [read],
    });
    let reason: string | undefined;
    thread.on("error", (error) => {
      reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    thread.on("message", (message: FromWorker) => events.message(message));
    thread.on("exit", (code) => {
      changes.close();
      events.ended(reason ?? `exit code ${code}`);
    });
    return {
      post: (message: ToWorker) => thread.postMessage(message),
      postChange: (change) => changes.postMessage(change),
      terminate: () => {
        thread.unref();
        void thread.terminate();
      },
    };
  };
}

/** Listeners that hand over what they accept. */
export function handOverListeners(options: ServeOptions, pool: WorkerPool): ServingListeners {
  const listener = (name: ListenerName, isWanted: boolean): Listener | undefined =>
    isWanted ? handOver(name, pool) : undefined;
  return {
    rest: listener("rest", options.restApiPort !== undefined),
    grpc: listener("grpc", options.port !== undefined),
    socket: listener("socket", Boolean(options.grpcSocketPath)),
  };
}

function handOver(name: ListenerName, pool: WorkerPool): Listener {
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const descriptor = duplicate(descriptorOf(socket));
    socket.destroy();
    if (descriptor !== undefined) pool.connect({ descriptor, listener: name });
  });
  // Its connections are the workers', which drain and cut them.
  const nothing = (): void => undefined;
  return { server, inFlight: () => 0, beginDrain: nothing, destroy: nothing };
}

/** Node tells it nowhere else. */
function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } };
  return handle?.fd ?? -1;
}
