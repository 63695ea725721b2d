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

/** About 100 us of writing: others have a turn after each piece of the page of a thousand models. */
const PIECE_CHARACTERS = 16 * 1024;

/** The text, in pieces that end with a sample. */
export function* metricsText(families: Iterable<Family>): Generator<string, void> {
  let text = "";
  for (const { name, type, help, samples } of families) {
    if (help !== undefined) text += `# HELP ${name} ${escapeHelp(help)}\n`;
    text += `# TYPE ${name} ${type}\n`;
    for (const { labels, value } of samples()) {
      const inside = labels.map(([key, label]) => `${key}="${escapeLabel(label)}"`).join(",");
      text += typeof value === "number" ? line(name, inside, value) : buckets(name, inside, value);
      if (text.length < PIECE_CHARACTERS) continue;
      yield text;
      text = "";
    }
  }
  if (text !== "") yield text;
}

function buckets(name: string, labels: string, { bounds, counts, sum }: Histogram): string {
  const before = `${name}_bucket{${labels}${labels === "" ? "" : ","}le="`;
  const ends = boundTexts(bounds);
  let text = "";
  let below = 0;
  for (let at = 0; at < counts.length; at++) {
    below += counts[at] ?? 0;
    text += `${before}${ends[at]}"} ${below}\n`;
  }
  return text + line(`${name}_sum`, labels, sum) + line(`${name}_count`, labels, below);
}

function line(name: string, labels: string, value: number): string {
  return `${name}{${labels}} ${numberText(value)}\n`;
}

/** Histograms of a kind share their bounds. */
const BOUND_TEXTS = new WeakMap<Float64Array, readonly string[]>();

function boundTexts(bounds: Float64Array): readonly string[] {
  const known = BOUND_TEXTS.get(bounds);
  if (known) return known;
  const texts = [...Array.from(bounds, sixDigits), "+Inf"];
  BOUND_TEXTS.set(bounds, texts);
  return texts;
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
