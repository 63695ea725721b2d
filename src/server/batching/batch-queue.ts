// Requests of one version, signature and choice of outputs, gathered into batches.
// Rules and messages: TensorFlow's shared_batch_scheduler.h. A batch is open until it is full or begins to run; while no
// thread is free, it goes on growing.
// Otherwise than there, requests whose rows have other shapes wait in batches of their own, where TensorFlow Serving fails
// all of them. All batches together have at most as many rows as the parameters allow one shape.
import { type Problem, problem } from "../../core/errors.ts";
import type { Clock, Timer } from "../clock.ts";
import type { BatchingOptions } from "../configuration/batching-parameters.ts";
import { nextTurn } from "../slices.ts";
import type { BatchRequest, Piece } from "./batch-request.ts";

/** Pieces that run together. */
export interface Batch {
  readonly shapes: string;
  readonly pieces: readonly Piece[];
  readonly rows: number;
}

interface WaitingBatch extends Batch {
  pieces: Piece[];
  rows: number;
  isFull: boolean;
  /** Whether it has waited long enough for others. */
  isDue: boolean;
  timer: Timer | undefined;
}

export class BatchQueue {
  readonly #options: BatchingOptions;
  readonly #clock: Clock;
  readonly #ready: () => void;
  /** In the order they were opened. */
  #waiting: WaitingBatch[] = [];

  /** `ready` is called when a batch may run. */
  constructor(options: BatchingOptions, clock: Clock, ready: () => void) {
    this.#options = options;
    this.#clock = clock;
    this.#ready = ready;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Most rows of a batch. */
  get #limit(): number {
    const { enableLargeBatchSplitting, maxExecutionBatchSize, maxBatchSize } = this.#options;
    return enableLargeBatchSplitting ? maxExecutionBatchSize : maxBatchSize;
  }

  /** Takes a request in; `shapes` are those of its rows. What stands in the way comes back, and nothing was taken. */
  add(request: BatchRequest, shapes: string): Problem | undefined {
    const refusal = this.#refuse(request.rows, shapes);
    if (refusal) return refusal;
    for (let from = 0; from < request.rows; ) {
      const open = this.#openFor(shapes, request.rows - from);
      const rows = Math.min(request.rows - from, this.#limit - open.rows);
      open.pieces.push({ request, from, rows });
      request.waitingPieces++;
      open.rows += rows;
      from += rows;
      if (open.rows === this.#limit) open.isFull = true;
    }
    request.whenOver(() => {
      if (request.waitingPieces > 0) this.#drop(request);
    });
    // Only now: whoever is told may find the queue empty and forget it.
    if (this.#waiting.some((batch) => batch.isFull)) this.#ready();
    return undefined;
  }

  /** The next batch to run, if one is ready; the oldest comes first. */
  take(): Batch | undefined {
    const index = this.#waiting.findIndex((batch) => batch.isFull || batch.isDue);
    const [batch] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (!batch) return undefined;
    batch.timer?.stop();
    for (const { request } of batch.pieces) request.waitingPieces--;
    return batch;
  }

  /** From now on nothing waits for others. */
  flush(): void {
    for (const batch of [...this.#waiting]) this.#due(batch); // what begins to run leaves the list
  }

  #refuse(rows: number, shapes: string): Problem | undefined {
    const { maxEnqueuedBatches: most, enableLargeBatchSplitting } = this.#options;
    const limit = this.#limit;
    const alike = this.#waiting.filter((batch) => batch.shapes === shapes);
    const open = alike.find((batch) => !batch.isFull)?.rows ?? 0;
    const allRows = this.#waiting.reduce((sum, batch) => sum + batch.rows, 0);
    const left = most * limit - allRows;
    if (enableLargeBatchSplitting) {
      // A queue without batches has an open one without rows.
      const isOpen = alike.some((batch) => !batch.isFull) || alike.length === 0;
      const batches = Math.max(1, alike.length);
      const capacity = Math.min(left, (most - batches) * limit + (isOpen ? limit - open : 0));
      if (rows <= capacity) return undefined;
      const fields = { size: rows, capacity: Math.max(0, capacity), batches, limit: most, open };
      return problem("BATCH_CAPACITY", { ...fields, execution: limit });
    }
    const fits = open > 0 && open + rows <= limit;
    if (rows <= left && (fits || alike.length < most)) return undefined;
    const batches = Math.min(most, rows <= left ? alike.length : this.#waiting.length);
    return problem("BATCH_QUEUE_FULL", { batches, limit: most });
  }

  /** The open batch of these shapes; a new one if there is none, or if the rows do not fit and may not be split. */
  #openFor(shapes: string, rows: number): WaitingBatch {
    const open = this.#waiting.find((batch) => batch.shapes === shapes && !batch.isFull);
    if (open && (this.#options.enableLargeBatchSplitting || open.rows + rows <= this.#limit)) return open;
    if (open) open.isFull = true;
    const batch: WaitingBatch = {
      shapes,
      pieces: [],
      rows: 0,
      isFull: false,
      isDue: false,
      timer: undefined,
    };
    this.#waiting.push(batch);
    const { batchTimeoutMicros } = this.#options;
    // Without a timeout too, requests that came in the same turn run together.
    if (batchTimeoutMicros === 0) void nextTurn().then(() => this.#due(batch));
    else batch.timer = this.#clock.after(batchTimeoutMicros / 1000, () => this.#due(batch));
    return batch;
  }

  #due(batch: WaitingBatch): void {
    batch.isDue = true;
    if (this.#waiting.includes(batch)) this.#ready();
  }

  /** Takes out what nobody waits for any more. */
  #drop(request: BatchRequest): void {
    for (const batch of this.#waiting) {
      if (!batch.pieces.some((piece) => piece.request === request)) continue;
      batch.pieces = batch.pieces.filter((piece) => piece.request !== request);
      batch.rows = batch.pieces.reduce((sum, piece) => sum + piece.rows, 0);
      if (batch.pieces.length === 0) batch.timer?.stop();
    }
    request.waitingPieces = 0;
    this.#waiting = this.#waiting.filter((batch) => batch.pieces.length > 0);
  }
}
