// Batches: TensorFlow Serving's metrics of its batching session, and ours by version and signature.
// Source of the former: TensorFlow Serving's batching/batching_session.cc.
import type { BatchListener, BatchListeners } from "../batching/batch-listener.ts";
import { exponential, Histogram } from "./histogram.ts";
import type { Family } from "./text-format.ts";
import { VersionCells } from "./version-cells.ts";

const PREFIX = ":tensorflow:serving:batching_session:";
const QUEUING_MICROS = exponential(100, 1.2, 52);
const SIZES = exponential(1, 2, 14);
/** Sizes of batches whose padding is told apart. */
const MAX_SIZES = 1000;

class Batches {
  readonly rows = new Histogram(SIZES);
  paddingRows = 0;
}

export class BatchMetrics {
  readonly #queuing = new Map<string, Histogram>();
  readonly #padding = new Map<number, Histogram>();
  readonly #inputSizes = new Histogram(SIZES);
  readonly #processedSizes = new Histogram(SIZES);
  readonly #cells = new VersionCells(() => new Batches());
  #runs = 0;

  /** To be told of the batches of every version. */
  readonly listeners: BatchListeners = ({ model, version }, signature, threadPoolName): BatchListener => {
    const queuing = this.#queuing.get(threadPoolName) ?? new Histogram(QUEUING_MICROS);
    this.#queuing.set(threadPoolName, queuing);
    return {
      arrived: (rows) => this.#inputSizes.observe(rows),
      waited: (milliseconds) => queuing.observe(milliseconds * 1000),
      runs: (rows, paddedRows) => {
        this.#runs++;
        this.#processedSizes.observe(paddedRows);
        this.#paddingOf(paddedRows)?.observe(paddedRows - rows);
        const cell = this.#cells.of(model, version, signature);
        cell.rows.observe(rows);
        cell.paddingRows += paddedRows - rows;
      },
    };
  };

  families(): Family[] {
    const plain = (value: number | Histogram) => () => [{ labels: [], value }];
    return [
      {
        name: `${PREFIX}queuing_latency`,
        type: "histogram",
        samples: () =>
          [...this.#queuing].map(([name, value]) => ({ labels: [["thread_pool_name", name]], value })),
      },
      { name: `${PREFIX}wrapped_run_count`, type: "counter", samples: plain(this.#runs) },
      {
        name: `${PREFIX}padding_size`,
        type: "histogram",
        samples: () =>
          [...this.#padding].map(([size, value]) => ({
            labels: [["execution_batch_size", String(size)]],
            value,
          })),
      },
      { name: `${PREFIX}input_batch_size`, type: "histogram", samples: plain(this.#inputSizes) },
      { name: `${PREFIX}processed_batch_size`, type: "histogram", samples: plain(this.#processedSizes) },
      {
        name: "torchferry_batch_rows",
        type: "histogram",
        help: "Rows that ran together, without padding.",
        samples: () => this.#cells.samples((cell) => [[[], cell.rows]]),
      },
      {
        name: "torchferry_batch_padding_rows_total",
        type: "counter",
        help: "Rows that ran only to fill batches up to an allowed size.",
        samples: () => this.#cells.samples((cell) => [[[], cell.paddingRows]]),
      },
    ];
  }

  #paddingOf(size: number): Histogram | undefined {
    const known = this.#padding.get(size);
    if (known || this.#padding.size >= MAX_SIZES) return known;
    const made = new Histogram(SIZES);
    this.#padding.set(size, made);
    return made;
  }
}
