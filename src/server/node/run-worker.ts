// A worker: answers connections that the main thread accepted, with models that it loaded, by the same protocols as a
// server of one thread.
// Not here: what is told between the threads (workers/messages.ts), its connections (taken-connections.ts).
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { AdoptModel } from "../../engine/adopt-model.ts";
import { availableCores } from "../../engine/cores.ts";
import { RunSlots } from "../../engine/native/run-slots.ts";
import { ThreadSlots } from "../../engine/native/thread-slots.ts";
import { batchingAgain } from "../batching/batching.ts";
import { systemClock } from "../clock.ts";
import { Health } from "../health/health.ts";
import type { Log } from "../log.ts";
import { plainFamilies } from "../metrics/merge-families.ts";
import { Metrics } from "../metrics/metrics.ts";
import { Statistics } from "../predict/statistics.ts";
import { epochOf, slotCells } from "../workers/cells.ts";
import {
  type Answer,
  errorOf,
  type FromWorker,
  plainFailure,
  type Result,
  type ToWorker,
} from "../workers/messages.ts";
import { Questions } from "../workers/questions.ts";
import { ServedModels } from "../workers/served-models.ts";
import type { TableChange } from "../workers/table.ts";
import { ThreadRequestLimit } from "../workers/thread-request-limit.ts";
import { disk } from "./disk.ts";
import { ProcessMetrics } from "./process-metrics.ts";
import { makeRequestLog } from "./request-log-files.ts";
import { servingListeners } from "./serving-listeners.ts";
import { TakenConnections } from "./taken-connections.ts";
import { workerRoutes } from "./worker-routes.ts";
import type { WorkerStart } from "./worker-start.ts";

type Asked = Extract<ToWorker, { readonly id: number }>;
/** What only the main thread can answer. */
type MainThread = Questions<FromWorker, Answer>;

/** Runs this thread as a worker, whose models `adopter` makes. */
export function runWorker(adopter: (slots: RunSlots) => AdoptModel): void {
  const port = parentPort;
  if (!port) throw new Error("a worker is a thread of a server");
  const start = workerData as WorkerStart; // what worker-threads.ts starts it with
  const post = (message: FromWorker): void => port.postMessage(message);
  const questions: MainThread = new Questions(post);
  const worker = new WorkerThread(start, adopter, questions, post);
  port.on("message", (message: ToWorker) => {
    if (message.kind === "answer") questions.answered(message.id, message.answer);
    else worker.receive(message);
  });
  post({ kind: "ready" });
}

class WorkerThread {
  readonly #post: (message: FromWorker) => void;
  readonly #models: ServedModels;
  readonly #health = new Health();
  readonly #statistics = new Statistics(systemClock);
  readonly #metrics: Metrics | undefined;
  readonly #requestLog: ReturnType<typeof makeRequestLog>;
  readonly #connections: TakenConnections;
  readonly #adopt: AdoptModel;
  readonly #batch: ReturnType<typeof batchingAgain> | undefined;

  constructor(
    { worker, workers, cells, options, changes, ticketKeys }: WorkerStart,
    adopter: (slots: RunSlots) => AdoptModel,
    questions: MainThread,
    post: (message: FromWorker) => void,
  ) {
    this.#post = post;
    const log: Log = (level, message, fields) => post({ kind: "log", level, message, fields });
    const { free, held } = slotCells(worker);
    this.#adopt = adopter(new RunSlots(new ThreadSlots(cells, free, held)));
    this.#models = new ServedModels({
      epoch: () => epochOf(cells),
      next: () => receiveMessageOnPort(changes)?.message as TableChange | undefined, // the pool posts nothing else
    });
    this.#requestLog = makeRequestLog({ ...options, log }, remoteSink(questions), workers);
    if (options.monitoring?.prometheusPath !== undefined) {
      // Requests in flight are counted together (workers/cells.ts).
      const counted = { inFlight: () => 0, requestLog: this.#requestLog };
      this.#metrics = new Metrics({ ...counted, machine: new ProcessMetrics(worker) });
      this.#models.watchPredictions(this.#metrics.predicted);
    }
    if (!options.strict) this.#models.watchPredictions(this.#statistics.listener);
    const parts = { models: this.#models, health: this.#health, metrics: this.#metrics };
    const routes = workerRoutes(options, parts, {
      rest: (request) => questions.ask((id) => ({ kind: "rest", id, request })),
      grpc: (call) => questions.ask((id) => ({ kind: "grpc", id, call })),
    });
    const limit = new ThreadRequestLimit(cells, worker, options.maxRequestsInFlight);
    // The main thread counts connections before it hands them over.
    const listeners = servingListeners({ ...options, maxConnections: 0, log }, routes, limit);
    this.#connections = new TakenConnections(listeners, cells, worker, ticketKeys);
    const settings = { fileSystem: disk, clock: systemClock, log, cores: availableCores() };
    const listening = { listeners: this.#metrics?.batches.listeners };
    this.#batch =
      options.batching && batchingAgain({ ...options.batching, ...settings, ...listening }, workers);
  }

  receive(message: Exclude<ToWorker, { readonly kind: "answer" }>): void {
    if ("id" in message) {
      const done = (result: Result): void => this.#post({ kind: "done", id: message.id, result });
      this.#answer(message).then(done, (error: unknown) => done({ failure: plainFailure(error) }));
      return;
    }
    switch (message.kind) {
      case "table":
        this.#models.catchUp();
        break;
      case "health":
        this.#health.set(message.state);
        break;
      case "logging":
        this.#requestLog?.setLogging(message.models);
        break;
      case "connection":
        this.#connections.take(message.descriptor, message.listener);
        break;
      case "destroy":
        this.#connections.destroy();
        break;
      case "end":
        process.exit(0); // this thread alone
    }
  }

  async #answer(message: Exclude<Asked, { readonly kind: "answer" }>): Promise<Result> {
    switch (message.kind) {
      case "offer":
        await this.#offer(message);
        return {};
      case "withdraw":
        await this.#models.withdraw(message.place);
        return {};
      case "metrics":
        return { families: plainFamilies(this.#metrics?.families() ?? []) };
      case "statistics":
        return { statistics: this.#statistics.all() };
      case "drain":
        await this.#connections.drain();
        await this.#requestLog?.close();
        return {};
    }
  }

  async #offer({ place, shared }: Extract<ToWorker, { readonly kind: "offer" }>): Promise<void> {
    const adopted = await this.#adopt(shared);
    const batched = this.#batch ? this.#batch(adopted, shared, place) : adopted;
    this.#models.offer(place, this.#requestLog ? await this.#requestLog.prepare(batched, place) : batched);
  }
}

/** Records are written by the main thread, so that all of a process are in the same files. */
function remoteSink(questions: MainThread): Parameters<typeof makeRequestLog>[1] {
  return {
    async write(prefix, records) {
      const whole = records.map((pieces) => new Uint8Array(Buffer.concat(pieces)));
      const { failure } = await questions.ask((id) => ({ kind: "records", id, prefix, records: whole }));
      if (failure !== undefined) throw errorOf(failure);
    },
    close: async () => undefined,
  };
}
