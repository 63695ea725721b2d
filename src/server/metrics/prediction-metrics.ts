// Predictions by version and signature: how many, how they ended, and where their time went.
import type { PredictionEvent } from "../predict/prediction-event.ts";
import { statusName } from "../status-names.ts";
import { exponential, Histogram } from "./histogram.ts";
import type { Family, Labels, Sample } from "./text-format.ts";
import { VersionCells } from "./version-cells.ts";

/** 50 us to 26 s; a tiny model answers in less than the first. */
const SECONDS = exponential(50e-6, 2, 20);
const ROWS = exponential(1, 2, 14);
const STATUS_CODES = 17;
const NANOSECONDS = 1e9;

class Predictions {
  readonly byStatus = new Float64Array(STATUS_CODES);
  readonly total = new Histogram(SECONDS);
  readonly queue = new Histogram(SECONDS);
  readonly engine = new Histogram(SECONDS);
  readonly rows = new Histogram(ROWS);
}

export class PredictionMetrics {
  readonly #cells = new VersionCells(() => new Predictions());

  count({ model, version, signature, rows, problem, times }: PredictionEvent): void {
    const cell = this.#cells.of(model, version, signature);
    const code = problem?.row.grpc ?? 0;
    cell.byStatus[code] = (cell.byStatus[code] ?? 0) + 1;
    cell.total.observe(times.total / NANOSECONDS);
    cell.queue.observe(times.queue / NANOSECONDS);
    if (problem) return;
    cell.engine.observe(times.infer / NANOSECONDS);
    cell.rows.observe(rows);
  }

  families(): Family[] {
    const histogram = (name: string, help: string, of: (cell: Predictions) => Histogram): Family => ({
      name: `torchferry_${name}`,
      type: "histogram",
      help,
      samples: () => this.#cells.samples((cell) => [[[], of(cell)]]),
    });
    return [
      {
        name: "torchferry_predictions_total",
        type: "counter",
        help: "Predictions that are over, over any protocol, by the status they were answered with.",
        samples: () => this.#cells.samples(byStatus),
      },
      histogram(
        "prediction_seconds",
        "From a request's decoded inputs to its outputs.",
        (cell) => cell.total,
      ),
      histogram(
        "queue_seconds",
        "Waiting for the engine, or for requests to run with.",
        (cell) => cell.queue,
      ),
      histogram("engine_seconds", "The engine's run that answered a prediction.", (cell) => cell.engine),
      histogram(
        "request_rows",
        "Rows of a request: the size of axis 0 of its first input.",
        (cell) => cell.rows,
      ),
    ];
  }
}

function byStatus({ byStatus: counts }: Predictions): (readonly [Labels, Sample["value"]])[] {
  const samples: (readonly [Labels, number])[] = [];
  for (const [code, value] of counts.entries()) {
    if (value > 0) samples.push([[["status", statusName(code)]], value]);
  }
  return samples;
}
