// Metrics as Prometheus reads them.
// Source: https://prometheus.io/docs/instrumenting/exposition_formats/, and TensorFlow Serving's
// util/prometheus_exporter.cc for its own metrics: no help, and bounds of buckets with six digits.
// Not here: counting. A library would count on the hot path, by looking up labels; here counts are only read.
import type { Histogram } from "./histogram.ts";

/** Names and values, in order. */
export type Labels = readonly (readonly [string, string])[];

export interface Sample {
  readonly labels: Labels;
  readonly value: number | Histogram;
}

/** One metric with all its samples. */
export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** TensorFlow Serving's have none. */
  readonly help?: string;
  readonly samples: () => Iterable<Sample>;
}

/** The text, family by family. */
export function* metricsText(families: Iterable<Family>): Generator<string, void> {
  for (const { name, type, help, samples } of families) {
    let text = help === undefined ? "" : `# HELP ${name} ${escapeHelp(help)}\n`;
    text += `# TYPE ${name} ${type}\n`;
    for (const { labels, value } of samples()) {
      text += typeof value === "number" ? line(name, labels, value) : buckets(name, labels, value);
    }
    yield text;
  }
}

function buckets(name: string, labels: Labels, { bounds, counts, sum }: Histogram): string {
  let text = "";
  let below = 0;
  for (const [at, count] of counts.entries()) {
    below += count;
    const bound = bounds[at];
    text += line(
      `${name}_bucket`,
      [...labels, ["le", bound === undefined ? "+Inf" : sixDigits(bound)]],
      below,
    );
  }
  return text + line(`${name}_sum`, labels, sum) + line(`${name}_count`, labels, below);
}

function line(name: string, labels: Labels, value: number): string {
  const inside = labels.map(([key, text]) => `${key}="${escapeLabel(text)}"`).join(",");
  return `${name}{${inside}} ${numberText(value)}\n`;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

/** As C's `%.6g`: `10`, `1.8`, `1.47419e+09`. */
export function sixDigits(value: number): string {
  const [digits = "", exponent] = value.toPrecision(6).split("e");
  const short = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  if (exponent === undefined) return short;
  return `${short}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

function escapeLabel(text: string): string {
  return text.replace(/[\\"\n]/g, (found) => (found === "\n" ? "\\n" : `\\${found}`));
}

function escapeHelp(text: string): string {
  return text.replace(/[\\\n]/g, (found) => (found === "\n" ? "\\n" : "\\\\"));
}
