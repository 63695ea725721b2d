// The process: processor time, memory, and how late its event loop is. Names are those of Prometheus's own client
// libraries, which dashboards know.
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Family, Labels } from "../metrics/text-format.ts";

/** The loop's delay is sampled this often; the timer costs next to nothing. */
const DELAY_RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;
const QUANTILES = [50, 90, 99] as const;

export class ProcessMetrics {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  readonly #startedSeconds = Date.now() / 1000 - process.uptime();
  readonly #labels: Labels;
  readonly #isWorker: boolean;

  /** Of the main thread, and with it the process; with a number, of that worker alone. */
  constructor(worker?: number) {
    this.#isWorker = worker !== undefined;
    this.#labels = worker === undefined ? [] : [["worker", String(worker)]];
    this.#delay.enable();
  }

  /** The event loop's delay is since they were last read. */
  families(): Family[] {
    const memory = process.memoryUsage();
    return [
      ...(this.#isWorker ? [] : this.#wholeProcess(memory.rss)),
      this.#one("nodejs_heap_size_used_bytes", "gauge", "JavaScript's heap, in use.", memory.heapUsed),
      this.#one("nodejs_heap_size_total_bytes", "gauge", "JavaScript's heap.", memory.heapTotal),
      this.#one("nodejs_external_memory_bytes", "gauge", "Buffers outside the heap.", memory.external),
      ...this.#delays(),
    ];
  }

  close(): void {
    this.#delay.disable();
  }

  #wholeProcess(residentBytes: number): Family[] {
    const cpu = process.cpuUsage();
    const one = this.#one.bind(this);
    return [
      one(
        "process_cpu_user_seconds_total",
        "counter",
        "Processor time of the process's own code.",
        cpu.user / MICROSECONDS,
      ),
      one(
        "process_cpu_system_seconds_total",
        "counter",
        "Processor time of the system for it.",
        cpu.system / MICROSECONDS,
      ),
      one("process_start_time_seconds", "gauge", "When the process began, since 1970.", this.#startedSeconds),
      one("process_resident_memory_bytes", "gauge", "Memory that the process holds.", residentBytes),
    ];
  }

  #one(name: string, type: Family["type"], help: string, value: number): Family {
    return { name, type, help, samples: () => [{ labels: this.#labels, value }] };
  }

  #delays(): Family[] {
    // The timer's own interval is part of what is measured.
    const seconds = (nanoseconds: number): number =>
      Math.max(0, nanoseconds / NANOSECONDS - DELAY_RESOLUTION_MS / 1000);
    const delay = this.#delay;
    const gauge = (suffix: string, help: string, value: number): Family => ({
      name: `nodejs_eventloop_lag_${suffix}`,
      type: "gauge",
      help,
      samples: () => [{ labels: this.#labels, value: delay.count === 0 ? 0 : value }],
    });
    const families = [
      gauge("mean_seconds", "Mean delay of the event loop since the last reading.", seconds(delay.mean)),
      gauge("max_seconds", "Longest delay of the event loop since the last reading.", seconds(delay.max)),
      ...QUANTILES.map((at) =>
        gauge(
          `p${at}_seconds`,
          `Delay of the event loop, ${at} of a hundred below.`,
          seconds(delay.percentile(at)),
        ),
      ),
    ];
    return families;
  }
}
