// Models: the state of each version, loads, and warm-up.
// Source of TensorFlow's names: cc/saved_model/loader.cc, and TensorFlow Serving's saved_model_warmup.cc. They label by
// path; those of models that come and go are forgotten at a limit.
import type { Engine } from "../../engine/engine.ts";
import type { Models } from "../manager/manager.ts";
import type { WarmUpListener } from "../warm-up/warm-up.ts";
import { exponential, Histogram } from "./histogram.ts";
import type { Family, Labels, Sample } from "./text-format.ts";

const WARM_UP_MICROS = exponential(10, 1.8, 33);
/** 10 ms to 87 minutes. */
const LOAD_SECONDS = exponential(0.01, 2, 20);
const MAX_PATHS = 1000;

class Loads {
  succeeded = 0;
  failed = 0;
  micros = 0;
}

interface WarmUps {
  readonly latency: Histogram;
  records: number;
}

export class ModelMetrics {
  readonly #models: Models;
  readonly #loads = new Map<string, Loads>();
  readonly #loadSeconds = { success: new Histogram(LOAD_SECONDS), fail: new Histogram(LOAD_SECONDS) };
  readonly #warmUps = new Map<string, WarmUps>();

  constructor(models: () => Models) {
    // The manager is made with what this gives.
    this.#models = {
      acquire: (spec) => models().acquire(spec),
      versions: (model) => models().versions(model),
      labelled: (model, label) => models().labelled(model, label),
      get names() {
        return models().names;
      },
    };
  }

  /** The engine, whose loads are counted. */
  counted(engine: Engine): Engine {
    return {
      name: engine.name,
      load: async (directory, options) => {
        const began = performance.now();
        try {
          const loaded = await engine.load(directory, options);
          this.#loaded(directory, true, performance.now() - began);
          return loaded;
        } catch (error) {
          this.#loaded(directory, false, performance.now() - began);
          throw error;
        }
      },
    };
  }

  /** To be told of warm-ups by file. */
  readonly warmedUp: WarmUpListener = (path, records, micros) => {
    const warmUp = bounded(this.#warmUps, path, () => ({
      latency: new Histogram(WARM_UP_MICROS),
      records: 0,
    }));
    warmUp.latency.observe(micros);
    warmUp.records += records;
  };

  families(): Family[] {
    const each = <T>(all: ReadonlyMap<string, T>, samples: (path: string, one: T) => Sample[]) => {
      return (): Sample[] => [...all].flatMap(([path, one]) => samples(path, one));
    };
    const ok = (path: string): Labels => [
      ["model_path", path],
      ["status", "OK"],
    ];
    return [
      {
        name: ":tensorflow:serving:model_warmup_latency",
        type: "histogram",
        samples: each(this.#warmUps, (path, { latency }) => [{ labels: ok(path), value: latency }]),
      },
      {
        name: ":tensorflow:serving:model_warmup_records_read",
        type: "counter",
        samples: each(this.#warmUps, (path, { records }) => [{ labels: ok(path), value: records }]),
      },
      {
        name: ":tensorflow:cc:saved_model:load_attempt_count",
        type: "counter",
        samples: each(this.#loads, attempts),
      },
      {
        name: ":tensorflow:cc:saved_model:load_latency",
        type: "counter",
        samples: each(this.#loads, (path, { micros }) => [{ labels: [["model_path", path]], value: micros }]),
      },
      {
        name: "torchferry_load_seconds",
        type: "histogram",
        help: "Loads of versions by the engine, each try by itself.",
        samples: () =>
          Object.entries(this.#loadSeconds).map(([result, value]) => ({
            labels: [["result", result]],
            value,
          })),
      },
      {
        name: "torchferry_model_state",
        type: "gauge",
        help: "1 for the state that each version is in.",
        samples: () => this.#states(),
      },
    ];
  }

  #loaded(path: string, succeeded: boolean, milliseconds: number): void {
    const loads = bounded(this.#loads, path, () => new Loads());
    if (succeeded) {
      loads.succeeded++;
      loads.micros += Math.round(milliseconds * 1000);
    } else loads.failed++;
    this.#loadSeconds[succeeded ? "success" : "fail"].observe(milliseconds / 1000);
  }

  *#states(): Generator<Sample> {
    for (const model of this.#models.names) {
      for (const { version, state } of this.#models.versions(model) ?? []) {
        const labels: Labels = [
          ["model", model],
          ["version", String(version)],
          ["state", state],
        ];
        yield { labels, value: 1 };
      }
    }
  }
}

function attempts(path: string, { succeeded, failed }: Loads): Sample[] {
  const results = [
    ["success", succeeded],
    ["fail", failed],
  ] as const;
  return results.flatMap(([status, value]) =>
    value > 0
      ? [
          {
            labels: [
              ["model_path", path],
              ["status", status],
            ],
            value,
          },
        ]
      : [],
  );
}

/** The entry of a path; the oldest one goes when there are too many. */
function bounded<T>(all: Map<string, T>, path: string, make: () => T): T {
  const known = all.get(path);
  if (known) return known;
  const made = make();
  all.set(path, made);
  const [oldest] = all.keys();
  if (all.size > MAX_PATHS && oldest !== undefined) all.delete(oldest);
  return made;
}
