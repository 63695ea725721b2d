// Whether the server can be sent requests, and who wants to be told when that changes.
// Names: TensorFlow Serving's own, which are short, the services' full names, and "" for the server as a whole.
// Not here: how it is asked (grpc-health.ts), when it is ready (node/start-server.ts).

/** Services that are told about one by one; all of them share the server's state. */
const SERVICES: ReadonlySet<string> = new Set([
  "",
  "ModelService",
  "PredictionService",
  "inference.GRPCInferenceService",
  "tensorflow.serving.ModelService",
  "tensorflow.serving.PredictionService",
]);

export type HealthState = "serving" | "not serving" | "draining";

export class Health {
  readonly #more: readonly string[];
  readonly #listeners = new Set<() => void>();
  #state: HealthState = "not serving";

  /** `services` are known besides TensorFlow Serving's. */
  constructor(services: readonly string[] = []) {
    this.#more = services;
  }

  get state(): HealthState {
    return this.#state;
  }

  /** Draining is for good. */
  set(state: HealthState): void {
    if (this.#state === "draining" || this.#state === state) return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Calls back at every change. */
  subscribe(listener: () => void): void {
    this.#listeners.add(listener);
  }

  knows(service: string): boolean {
    return SERVICES.has(service) || this.#more.includes(service);
  }

  /** Resolves at the next change, or when the signal says so. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#listeners.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      if (signal.aborted) done();
      else {
        this.#listeners.add(done);
        signal.addEventListener("abort", done);
      }
    });
  }
}
