// Which batch runs next: a fixed number at once over all models, and queues take turns.
// Source: TensorFlow's shared_batch_scheduler.h.
// Not here: threads. Runs are the engine's; this only counts them.

/** Something that has batches to run. */
export interface BatchSource {
  /** Begins to run the next batch; undefined if none is ready. Never rejects. */
  begin(): Promise<void> | undefined;
}

export class BatchScheduler {
  readonly #threads: number;
  /** Those with a batch ready, perhaps; the next to be asked first. */
  readonly #sources = new Set<BatchSource>();
  #running = 0;

  /** `threads` batches run at once. */
  constructor(threads: number) {
    this.#threads = threads;
  }

  /** The source may have a batch ready. */
  wake(source: BatchSource): void {
    this.#sources.add(source);
    this.#pump();
  }

  #pump(): void {
    while (this.#running < this.#threads) {
      const [source] = this.#sources;
      if (!source) return;
      this.#sources.delete(source);
      const run = source.begin();
      if (!run) continue; // it wakes us when it has one
      this.#sources.add(source); // behind the others
      this.#running++;
      const done = (): void => {
        this.#running--;
        this.#pump();
      };
      void run.then(done, done);
    }
  }
}
