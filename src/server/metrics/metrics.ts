// All metrics of a server: who counts what, and the families that a scrape reads.
// Not here: the names of each (the files beside this one), the page (metrics-protocol.ts).
import { problem } from "../../core/errors.ts";
import type { Models } from "../manager/manager.ts";
import type { PredictionListener } from "../predict/prediction-event.ts";
import type { RequestLogCounts } from "../request-log/request-log.ts";
import { inSlices } from "../slices.ts";
import { BatchMetrics } from "./batch-metrics.ts";
import { mergeFamilies, type PlainFamily } from "./merge-families.ts";
import { ModelMetrics } from "./model-metrics.ts";
import { PredictionMetrics } from "./prediction-metrics.ts";
import { RequestMetrics } from "./request-metrics.ts";
import type { Family } from "./text-format.ts";

export interface MetricsSources {
  /** The models, asked when metrics are read; another thread tells of them if they are left out. */
  readonly models?: (() => Models) | undefined;
  /** Requests that are not answered yet. */
  readonly inFlight: () => number;
  /** What became of the requests that were to be logged. */
  readonly requestLog?: { readonly counts: RequestLogCounts } | undefined;
  /** What is measured of the process itself. */
  readonly machine?: { families(): Family[] } | undefined;
  /** What other threads have counted. */
  readonly others?: (() => Promise<readonly (readonly PlainFamily[])[]>) | undefined;
}

const NO_MODELS: Models = {
  acquire: ({ name }) => problem("MODEL_NOT_FOUND", { request: name }),
  versions: () => undefined,
  labelled: () => undefined,
  names: [],
};

/** Which kind of run a signature's method is counted as. */
const RUNS = { predict: 0, classify: 1, regress: 2 } as const;

export class Metrics {
  readonly requests = new RequestMetrics();
  readonly batches = new BatchMetrics();
  readonly models: ModelMetrics;
  readonly #predictions = new PredictionMetrics();
  readonly #sources: MetricsSources;

  constructor(sources: MetricsSources) {
    this.models = new ModelMetrics(sources.models ?? (() => NO_MODELS));
    this.#sources = sources;
  }

  /** To be told of each prediction. */
  readonly predicted: PredictionListener = (event) => {
    this.#predictions.count(event);
    if (!event.problem)
      this.requests.ran(RUNS[event.method ?? "predict"], event.model, event.times.infer / 1000);
  };

  /** What there is to read now, of all threads together. */
  async read(): Promise<readonly Family[]> {
    const others = await this.#sources.others?.();
    return others ? inSlices(mergeFamilies(this.families(), others)) : this.families();
  }

  /** What this thread has counted. */
  families(): Family[] {
    return [
      ...this.requests.families(),
      ...this.batches.families(),
      ...this.models.families(),
      ...this.#predictions.families(),
      {
        name: "torchferry_requests_in_flight",
        type: "gauge",
        help: "Requests over REST and gRPC that are not answered yet.",
        samples: () => [{ labels: [], value: this.#sources.inFlight() }],
      },
      ...requestLogFamily(this.#sources.requestLog?.counts),
      ...(this.#sources.machine?.families() ?? []),
    ];
  }
}

function requestLogFamily(counts: RequestLogCounts | undefined): Family[] {
  if (!counts) return [];
  return [
    {
      name: "torchferry_request_log_records_total",
      type: "counter",
      help: "Requests that were to be logged: written, dropped (there was no room), failed (the disk refused).",
      samples: () =>
        Object.entries(counts).map(([result, value]) => ({ labels: [["result", result]], value })),
    },
  ];
}
