// One worker as the main thread sees it: what it was asked and has not answered, and the connections it was given.
// Not here: which workers there are (worker-pool.ts), threads themselves (node/).
import { HandedConnections } from "./handed-connections.ts";
import type { FromWorker, Result, ToWorker } from "./messages.ts";
import { Questions } from "./questions.ts";
import type { TableChange } from "./table.ts";

/** A thread that runs a worker. */
export interface WorkerThread {
  post(message: ToWorker): void;
  /** Tells it of a change of the table, which it reads when it wants to. */
  postChange(change: TableChange): void;
  /** Ends it at once. */
  terminate(): void;
}

export interface ThreadEvents {
  message(message: FromWorker): void;
  /** Once, when nothing of it runs any more; with the reason, if it was not told to end. */
  ended(reason: string): void;
}

/** Starts the worker of that number. */
export type StartThread = (worker: number, events: ThreadEvents) => WorkerThread;

type Question = Extract<
  ToWorker,
  { readonly kind: "offer" | "withdraw" | "metrics" | "statistics" | "drain" }
>;
type WithoutId<Message> = Message extends unknown ? Omit<Message, "id"> : never;

export class Worker {
  readonly worker: number;
  readonly connections: HandedConnections;
  readonly thread: WorkerThread;
  /** Whether it takes connections. */
  isReady = false;
  /** Resolves when it can run what there was when it began. */
  offered: Promise<void> = Promise.resolve();
  readonly #questions: Questions<ToWorker, Result | undefined>;

  constructor(worker: number, cells: Int32Array, thread: WorkerThread) {
    this.worker = worker;
    this.connections = new HandedConnections(cells, worker);
    this.thread = thread;
    this.#questions = new Questions((question) => thread.post(question));
  }

  /** The worker's answer; undefined if it ended before it gave one. */
  ask(question: WithoutId<Question>): Promise<Result | undefined> {
    return this.#questions.ask((id) => ({ ...question, id }));
  }

  answered(id: number, result: Result): void {
    this.#questions.answered(id, result);
  }

  /** Nobody waits for it any more. */
  ended(): void {
    this.isReady = false;
    this.#questions.answerAll(undefined);
  }
}
