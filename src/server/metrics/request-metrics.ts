// Requests by TensorFlow Serving's names and labels.
// Source: TensorFlow Serving's servables/tensorflow/util.cc, model_servers/http_rest_api_handler.cc.
// Invariant: counting a request of a known model allocates nothing. Names that clients make up are counted under their
// own name up to a limit, and then together.
// Not here: predictions by version and signature (prediction-metrics.ts).
import { statusName } from "../status-names.ts";
import { exponential, Histogram } from "./histogram.ts";
import type { Family, Labels, Sample } from "./text-format.ts";

/** Told of requests by those who answer them. */
export interface RequestListener {
  /** `code` is gRPC's number, also over REST; `model` is "" where none is named. */
  answered(call: CallKind, model: string, code: number, micros: number): void;
  /** A MultiInference of so many examples. */
  examples(model: string, count: number): void;
}

/** API and entrypoint, as TensorFlow Serving labels them; other REST requests have no API. */
export const CALL_KINDS = [
  ["Predict", "GRPC"],
  ["Classify", "GRPC"],
  ["Regress", "GRPC"],
  ["predict", "REST"],
  ["classify", "REST"],
  ["regress", "REST"],
  ["", "REST"],
] as const;
/** An index of CALL_KINDS. */
export type CallKind = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** Which run of the engine: an index of RUN_KINDS. */
export type RunKind = 0 | 1 | 2;
const RUN_KINDS = ["Predict", "Classify", "Regress"] as const;

const PREFIX = ":tensorflow:serving:";
const LATENCY_MICROS = exponential(10, 1.8, 33);
const EXAMPLE_COUNTS = exponential(1, 2, 15);
const STATUS_CODES = 17;
/** Names of models that are told apart: clients can make up any. */
const MAX_MODELS = 1000;
const OTHER_MODELS = "(other)";

class ModelRequests {
  readonly byStatus = new Float64Array(STATUS_CODES);
  readonly latencies = new Array<Histogram | undefined>(CALL_KINDS.length).fill(undefined);
  readonly runtimes = new Array<Histogram | undefined>(RUN_KINDS.length).fill(undefined);
  examples: Histogram | undefined;
}

export class RequestMetrics implements RequestListener {
  readonly #models = new Map<string, ModelRequests>();

  answered(call: CallKind, model: string, code: number, micros: number): void {
    const requests = this.#of(model);
    requests.byStatus[code] = (requests.byStatus[code] ?? 0) + 1;
    if (code === 0) observe(requests.latencies, call, micros, LATENCY_MICROS);
  }

  examples(model: string, count: number): void {
    const requests = this.#of(model);
    requests.examples ??= new Histogram(EXAMPLE_COUNTS);
    requests.examples.observe(count);
  }

  /** A run of the engine. */
  ran(run: RunKind, model: string, micros: number): void {
    observe(this.#of(model).runtimes, run, micros, LATENCY_MICROS);
  }

  families(): Family[] {
    const latency: Each = (model, { latencies }) =>
      CALL_KINDS.flatMap(([api, entrypoint], at) =>
        filled(latencies[at], [
          ["model_name", model],
          ["API", api],
          ["entrypoint", entrypoint],
        ]),
      );
    // The label's only value there; which engine ran is not told by it.
    const runtime: Each = (model, { runtimes }) =>
      RUN_KINDS.flatMap((api, at) =>
        filled(runtimes[at], [
          ["model_name", model],
          ["API", api],
          ["runtime", "TF1"],
        ]),
      );
    return [
      this.#family("request_count", "counter", countsByStatus),
      this.#family("request_latency", "histogram", latency),
      this.#family("runtime_latency", "histogram", runtime),
      this.#family("request_example_counts", "histogram", (model, { examples }) =>
        filled(examples, [["model", model]]),
      ),
      this.#family("request_example_count_total", "counter", (model, { examples }) =>
        examples ? [{ labels: [["model", model]], value: examples.sum }] : [],
      ),
    ];
  }

  #family(name: string, type: Family["type"], each: Each): Family {
    const models = this.#models;
    return {
      name: `${PREFIX}${name}`,
      type,
      samples: () => [...models].flatMap(([model, requests]) => each(model, requests)),
    };
  }

  #of(model: string): ModelRequests {
    const known = this.#models.get(model);
    if (known) return known;
    if (this.#models.size >= MAX_MODELS && model !== OTHER_MODELS) return this.#of(OTHER_MODELS);
    const made = new ModelRequests();
    this.#models.set(model, made);
    return made;
  }
}

type Each = (model: string, requests: ModelRequests) => Sample[];

function countsByStatus(model: string, { byStatus }: ModelRequests): Sample[] {
  const samples: Sample[] = [];
  for (const [code, value] of byStatus.entries()) {
    if (value > 0)
      samples.push({
        labels: [
          ["model_name", model],
          ["status", statusName(code)],
        ],
        value,
      });
  }
  return samples;
}

function filled(histogram: Histogram | undefined, labels: Labels): Sample[] {
  return histogram ? [{ labels, value: histogram }] : [];
}

function observe(all: (Histogram | undefined)[], at: number, value: number, bounds: Float64Array): void {
  let histogram = all[at];
  if (!histogram) {
    histogram = new Histogram(bounds);
    all[at] = histogram;
  }
  histogram.observe(value);
}
