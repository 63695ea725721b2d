// Writes requests with their answers to files, as records that warm-up and `torchferry replay` read.
// Invariants: a request never waits for its record; what waits to be written is bounded in bytes, and what does not fit
// is not written but counted; requests that fail are not logged, as in TensorFlow Serving.
// Not here: a record's form (prediction-log.ts), the files (node/record-files.ts).

import { encodeRecordPieces } from "../../bytes/tf-record.ts";
import type { TensorValue } from "../../engine/engine.ts";
import type { Clock } from "../clock.ts";
import type { ModelConfiguration } from "../configuration/model-configuration.ts";
import type { Log } from "../log.ts";
import type { LoadedPlace, Prepare } from "../manager/manager.ts";
import { inSlices } from "../slices.ts";
import { LoggedModel } from "./logged-model.ts";
import { type Logging, loggingOf } from "./logging.ts";
import { encodePredictionLog, type LoggedPrediction } from "./prediction-log.ts";

/** Where records go. */
export interface RecordSink {
  /** Writes records, each in pieces, to the current file of the prefix. Throws if that fails; part of them may be lost. */
  write(prefix: string, records: readonly (readonly Uint8Array[])[]): Promise<void>;
  close(): Promise<void>;
}

export interface RequestLogOptions {
  readonly sink: RecordSink;
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes of tensors that may wait to be written. */
  readonly queueBytes: number;
  /** For models whose configuration says nothing. */
  readonly everyModel: Logging | undefined;
  /** A number from 0 to 1 by chance. */
  readonly random?: () => number;
}

interface Waiting {
  readonly prefix: string;
  readonly logged: LoggedPrediction;
  readonly bytes: number;
}

/** What happened to the requests that were chosen. */
export interface RequestLogCounts {
  readonly written: number;
  /** There was no room for them. */
  readonly dropped: number;
  /** Their file could not be written. */
  readonly failed: number;
}

/** Records are written together up to this size. */
const BATCH_BYTES = 256 * 1024;
/** What a record takes besides its tensors, so that empty ones are bounded too. */
const RECORD_BYTES = 512;
/** Losses are told this often, at most. */
const TELL_EVERY_MS = 10_000;

export class RequestLog {
  readonly #options: RequestLogOptions;
  #models: ReadonlyMap<string, Logging> = new Map();
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #writing: Promise<void> | undefined;
  #counts = { written: 0, dropped: 0, failed: 0 };
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: RequestLogOptions) {
    this.#options = options;
  }

  get counts(): RequestLogCounts {
    return this.#counts;
  }

  /** Takes what the models' configurations say, which comes back worked out. */
  configure(models: readonly Pick<ModelConfiguration, "name" | "logging">[]): ReadonlyMap<string, Logging> {
    const own = new Map<string, Logging>();
    for (const { name, logging } of models) {
      const found = logging && loggingOf(name, logging);
      if (found && "prefix" in found) own.set(name, found);
    }
    this.setLogging(own);
    return own;
  }

  /** Takes what was worked out elsewhere. */
  setLogging(models: ReadonlyMap<string, Logging>): void {
    this.#models = models;
  }

  /** The step that puts a version's requests into the log. It comes last, so that what the client sees is logged. */
  get prepare(): Prepare {
    return async (loaded, place) => new LoggedModel(loaded, place, this);
  }

  /** Whether this request is to be logged, by chance, and how. */
  choose(model: string): Logging | undefined {
    const { everyModel, random = Math.random } = this.#options;
    const logging = this.#models.get(model) ?? everyModel;
    return logging && random() < logging.samplingRate ? logging : undefined;
  }

  /** Queues a prediction that was answered. */
  add(
    { prefix, samplingRate }: Logging,
    { model, version }: LoadedPlace,
    run: Pick<LoggedPrediction, "signature" | "inputs" | "outputFilter" | "outputs">,
  ): void {
    const { clock, queueBytes } = this.#options;
    const bytes = sizeOf(run.inputs) + sizeOf(run.outputs) + RECORD_BYTES;
    if (this.#queuedBytes + bytes > queueBytes) {
      this.#counts.dropped++;
      this.#tellLoss("--request_log_queue_bytes are full");
      return;
    }
    const seconds = Math.floor(clock.now() / 1000);
    // The inputs' bytes are lent: the request that they came with is over before they are written.
    const inputs = copied(run.inputs);
    this.#queue.push({ prefix, bytes, logged: { model, version, ...run, inputs, samplingRate, seconds } });
    this.#queuedBytes += bytes;
    this.#writing ??= this.#writeAll();
  }

  /** Writes what waits, and closes the files. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#options.sink.close();
    const { written, dropped, failed } = this.#counts;
    if (written + dropped + failed > 0) {
      this.#options.log("info", `Request log: ${written} written, ${dropped} dropped, ${failed} failed`);
    }
  }

  async #writeAll(): Promise<void> {
    // Whoever was answered in this turn is written together.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#writeSome(this.#takeSome());
    this.#writing = undefined;
  }

  /** The oldest ones that go to the same file. */
  #takeSome(): readonly Waiting[] {
    const [first] = this.#queue;
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length) {
      const next = this.#queue[count];
      if (next?.prefix !== first?.prefix || (count > 0 && bytes + (next?.bytes ?? 0) > BATCH_BYTES)) break;
      bytes += next?.bytes ?? 0;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #writeSome(some: readonly Waiting[]): Promise<void> {
    const prefix = some[0]?.prefix ?? "";
    try {
      const records: (readonly Uint8Array[])[] = [];
      for (const { logged } of some) {
        records.push(await inSlices(encodeRecordPieces(await inSlices(encodePredictionLog(logged)))));
      }
      await this.#options.sink.write(prefix, records);
      this.#counts.written += some.length;
    } catch (error) {
      this.#counts.failed += some.length;
      this.#tellLoss(`${prefix}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      for (const { bytes } of some) this.#queuedBytes -= bytes;
    }
  }

  #tellLoss(reason: string): void {
    const { clock, log } = this.#options;
    const now = clock.now();
    if (now - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = now;
    const { dropped, failed } = this.#counts;
    log("warn", `Requests are missing in the request log: ${reason}`, { dropped, failed });
  }
}

function copied(tensors: LoggedPrediction["inputs"]): LoggedPrediction["inputs"] {
  const copies = new Map<string, TensorValue>();
  for (const [name, value] of tensors) {
    const strings = value.strings?.map((text) => new Uint8Array(text));
    copies.set(name, { ...value, data: new Uint8Array(value.data), ...(strings ? { strings } : {}) });
  }
  return copies;
}

function sizeOf(tensors: ReadonlyMap<string, TensorValue>): number {
  let bytes = 0;
  for (const { data, strings = [] } of tensors.values()) {
    bytes += data.length;
    for (const text of strings) bytes += text.length;
  }
  return bytes;
}
