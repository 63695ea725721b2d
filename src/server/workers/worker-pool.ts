// The workers of a server, seen from the main thread: told of every version, given connections, asked what they counted,
// and started again when one ends by a fault.
// Invariants: a version is served when every worker can run it, and closed when no worker runs it any more. A worker that
// ends takes nothing with it but its own connections and counts.
// Not here: what a worker does (node/run-worker.ts), threads and sockets (node/).
import { FerryError, fail, type Problem, problem } from "../../core/errors.ts";
import type { SharedModel } from "../../engine/engine.ts";
import type { Clock } from "../clock.ts";
import type { Health } from "../health/health.ts";
import type { Log } from "../log.ts";
import type { Manager, Prepare } from "../manager/manager.ts";
import type { PlainFamily } from "../metrics/merge-families.ts";
import type { VersionStatistics } from "../predict/statistics.ts";
import type { Routes } from "../protocol.ts";
import type { Logging } from "../request-log/logging.ts";
import type { RecordSink } from "../request-log/request-log.ts";
import { forgetWorker, type ListenerName, requestsInFlight } from "./cells.ts";
import { answerForwarded } from "./forward.ts";
import type { Connection } from "./handed-connections.ts";
import { type Answer, errorOf, type FromWorker, type Place, plainFailure } from "./messages.ts";
import { OfferedModel } from "./offered-model.ts";
import { Table, type TableChange } from "./table.ts";
import { type StartThread, Worker } from "./worker.ts";

export interface WorkerPoolOptions {
  readonly workers: number;
  /** Of `makeCells`, for so many. */
  readonly cells: Int32Array;
  readonly startThread: StartThread;
  readonly clock: Clock;
  readonly log: Log;
  /** Connections that each listener holds; 0 is no limit. */
  readonly maxConnections: number;
  /** Closes a connection's descriptor. */
  readonly discard: (descriptor: number) => void;
  /** Where the workers' records of requests go. */
  readonly sink: RecordSink;
}

/** What the workers follow. */
export interface Followed {
  readonly models: Pick<Manager, "names" | "versions" | "labels" | "labelled" | "watchModels">;
  readonly health: Health;
  /** The serving ports' routes, by which the main thread answers what only it can. */
  readonly routes: Routes;
}

/** A fault that ends workers this often is not healed by starting others. */
export const MAX_WORKER_ENDS = 5;
export const WORKER_ENDS_WINDOW_MS = 60_000;

/** Ending takes milliseconds. */
const END_MS = 2000;

/** Connections that wait while no worker is there; as many as a listener lets wait. */
const MAX_WAITING_CONNECTIONS = 1024;

export class WorkerPool {
  /** Rejects with WORKERS_ENDED when faults have ended workers too often. */
  readonly failed: Promise<never>;
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Map<number, Worker>();
  readonly #offers = new Map<string, { readonly place: Place; readonly shared: SharedModel }>();
  #fail: (problem: Problem) => void = () => undefined;
  #followed: Followed | undefined;
  #table: Table | undefined;
  #logging: ReadonlyMap<string, Logging> = new Map();
  #waiting: Connection[] = [];
  #whenReady: (() => void)[] = [];
  #ends: number[] = [];
  #state: "serving" | "draining" | "closing" = "serving";

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.failed = new Promise((_, reject) => {
      this.#fail = (reason) => reject(new FerryError([reason]));
    });
    // Whoever does not ask for it must not be brought down by it.
    this.failed.catch(() => undefined);
  }

  /** Starts the workers. Resolves when all of them can take connections. Throws WORKERS_ENDED. */
  async start(followed: Followed): Promise<void> {
    const { cells, workers } = this.#options;
    const table = new Table(followed.models, cells);
    this.#followed = followed;
    this.#table = table;
    const tell = (model: string | undefined): void =>
      table.changed(model, (change) => this.#postChange(change));
    tell(undefined);
    for (const name of followed.models.names) tell(name);
    followed.models.watchModels(tell);
    followed.health.subscribe(() => {
      for (const { thread } of this.#workers.values())
        thread.post({ kind: "health", state: followed.health.state });
    });
    for (let worker = 0; worker < workers; worker++) this.#begin(worker);
    await Promise.race([this.#allReady(), this.failed]);
  }

  /** The last step between a version's load and its first request. Throws MODEL_ON_ONE_THREAD, or what a worker throws. */
  readonly prepare: Prepare = async (loaded, { model, version, path }) => {
    const place = { model, version, path };
    const shared = loaded.share?.();
    if (!shared) return fail("MODEL_ON_ONE_THREAD", { servable: `{name: ${model} version: ${version}}` });
    await this.#offer(place, shared);
    return new OfferedModel(loaded, () => this.#withdraw(place));
  };

  /** Which requests of which models the workers log. */
  setLogging(models: ReadonlyMap<string, Logging>): void {
    this.#logging = models;
    for (const { thread } of this.#workers.values()) thread.post({ kind: "logging", models });
  }

  /** Gives a connection to the worker that has the fewest. */
  connect(connection: Connection): void {
    const { maxConnections, discard } = this.#options;
    const isFull = maxConnections > 0 && this.#open(connection.listener) >= maxConnections;
    if (isFull || this.#state !== "serving") {
      discard(connection.descriptor);
      return;
    }
    const [worker] = [...this.#workers.values()]
      .filter(({ isReady }) => isReady)
      .sort((a, b) => a.connections.open() - b.connections.open());
    if (worker) {
      worker.connections.add(connection);
      worker.thread.post({ kind: "connection", ...connection });
    } else if (this.#waiting.length < MAX_WAITING_CONNECTIONS) this.#waiting.push(connection);
    else discard(connection.descriptor);
  }

  /** What each worker has counted. */
  async families(): Promise<readonly (readonly PlainFamily[])[]> {
    const results = await this.#askAll({ kind: "metrics" });
    return results.flatMap((result) => (result?.families ? [result.families] : []));
  }

  async statistics(): Promise<readonly VersionStatistics[]> {
    const results = await this.#askAll({ kind: "statistics" });
    return results.flatMap((result) => result?.statistics ?? []);
  }

  /** Requests that the workers have not answered yet. */
  inFlight(): number {
    return requestsInFlight(this.#options.cells);
  }

  /** Asks all clients to end their connections. Resolves when they have. */
  async drain(): Promise<void> {
    this.#state = "draining";
    for (const { descriptor } of this.#waiting.splice(0)) this.#options.discard(descriptor);
    await this.#askAll({ kind: "drain" });
  }

  /** Cuts every connection. */
  destroy(): void {
    for (const { thread } of this.#workers.values()) thread.post({ kind: "destroy" });
  }

  /** Ends the workers. Models must be closed by then. */
  async close(): Promise<void> {
    this.#state = "closing";
    if (this.#workers.size === 0) return;
    const ended = new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(END_MS, resolve);
      this.#whenReady.push(() => {
        timer.stop();
        resolve();
      });
    });
    for (const { thread } of this.#workers.values()) thread.post({ kind: "end" });
    await ended;
    // The process does not wait for a run that outlives its request.
    for (const { thread } of this.#workers.values()) thread.terminate();
  }

  async #offer(place: Place, shared: SharedModel): Promise<void> {
    // A worker that begins meanwhile is told of it as of all others.
    this.#offers.set(keyOf(place), { place, shared });
    const results = await this.#askAll({ kind: "offer", place, shared });
    const failure = results.find((result) => result?.failure)?.failure;
    if (failure === undefined) return;
    await this.#withdraw(place);
    throw errorOf(failure);
  }

  async #withdraw(place: Place): Promise<void> {
    this.#offers.delete(keyOf(place));
    await this.#askAll({ kind: "withdraw", place });
  }

  #askAll(question: Parameters<Worker["ask"]>[0]): Promise<Awaited<ReturnType<Worker["ask"]>>[]> {
    return Promise.all([...this.#workers.values()].map((worker) => worker.ask(question)));
  }

  #postChange(change: TableChange): void {
    for (const { thread } of this.#workers.values()) {
      thread.postChange(change);
      thread.post({ kind: "table" });
    }
  }

  #open(listener: ListenerName): number {
    const waiting = this.#waiting.filter((one) => one.listener === listener).length;
    return [...this.#workers.values()].reduce(
      (sum, { connections }) => sum + connections.open(listener),
      waiting,
    );
  }

  #begin(number: number): void {
    const { cells, startThread } = this.#options;
    const thread = startThread(number, {
      message: (message) => void this.#receive(worker, message),
      ended: (reason) => this.#ended(worker, reason),
    });
    const worker = new Worker(number, cells, thread);
    this.#workers.set(number, worker);
    for (const change of this.#table?.whole() ?? []) thread.postChange(change);
    thread.post({ kind: "health", state: this.#followed?.health.state ?? "not serving" });
    thread.post({ kind: "logging", models: this.#logging });
    const offered = [...this.#offers.values()].map((offer) => worker.ask({ kind: "offer", ...offer }));
    worker.offered = Promise.all(offered).then((results) => {
      // One that cannot run what the others can is of no use.
      if (results.some((result) => result?.failure)) thread.terminate();
    });
  }

  async #receive(worker: Worker, message: FromWorker): Promise<void> {
    if (message.kind === "done") worker.answered(message.id, message.result);
    else if (message.kind === "log") this.#options.log(message.level, message.message, message.fields);
    else if (message.kind === "ready") await this.#ready(worker);
    else {
      const answer = await this.#answer(message).catch((error: unknown) => ({
        failure: plainFailure(error),
      }));
      worker.thread.post({ kind: "answer", id: message.id, answer });
    }
  }

  async #answer(message: Extract<FromWorker, { kind: "rest" | "grpc" | "records" }>): Promise<Answer> {
    if (message.kind === "records") {
      await this.#options.sink.write(
        message.prefix,
        message.records.map((record) => [record]),
      );
      return {};
    }
    if (!this.#followed) throw new Error("the workers follow nothing yet");
    const { rest, grpc } = answerForwarded(this.#followed.routes);
    return message.kind === "rest" ? rest(message.request) : grpc(message.call);
  }

  async #ready(worker: Worker): Promise<void> {
    await worker.offered;
    if (this.#workers.get(worker.worker) !== worker) return; // it ended meanwhile
    worker.isReady = true;
    for (const connection of this.#waiting.splice(0)) this.connect(connection);
    this.#report();
  }

  #ended(worker: Worker, reason: string): void {
    const { cells, clock, log } = this.#options;
    const untaken = worker.connections.untaken();
    this.#workers.delete(worker.worker);
    forgetWorker(cells, worker.worker);
    worker.ended();
    if (this.#state !== "closing") log("error", `worker ${worker.worker} ended: ${reason}`);
    if (this.#state !== "serving") {
      for (const { descriptor } of untaken) this.#options.discard(descriptor);
      this.#report();
      return;
    }
    const now = clock.now();
    this.#ends = [...this.#ends.filter((time) => now - time < WORKER_ENDS_WINDOW_MS), now];
    if (this.#ends.length >= MAX_WORKER_ENDS) {
      const seconds = WORKER_ENDS_WINDOW_MS / 1000;
      this.#fail(problem("WORKERS_ENDED", { count: this.#ends.length, seconds, reason }));
    } else this.#begin(worker.worker);
    for (const connection of untaken) this.connect(connection);
  }

  async #allReady(): Promise<void> {
    const isReady = (): boolean =>
      this.#workers.size === this.#options.workers && [...this.#workers.values()].every((one) => one.isReady);
    while (!isReady()) await new Promise<void>((resolve) => this.#whenReady.push(resolve));
  }

  /** Tells those who wait for workers to be ready, or gone. */
  #report(): void {
    if (this.#state === "closing" && this.#workers.size > 0) return;
    for (const resolve of this.#whenReady.splice(0)) resolve();
  }
}

function keyOf({ model, version }: Place): string {
  return `${version}/${model}`;
}
