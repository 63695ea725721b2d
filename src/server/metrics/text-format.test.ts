import { describe, expect, it } from "vitest";
import { exponential, Histogram } from "./histogram.ts";
import { metricsText, sixDigits } from "./text-format.ts";

describe("metrics as text", () => {
  it("counts buckets up, and escapes labels and help", () => {
    const histogram = new Histogram(exponential(10, 1.8, 2));
    for (const value of [10, 10.5, 18, 19, 0]) histogram.observe(value);
    const text = [
      ...metricsText([
        {
          name: ":a:b",
          type: "histogram",
          samples: () => [{ labels: [["model", 'a"b\\c\nd']], value: histogram }],
        },
        { name: "c", type: "gauge", help: "one\ntwo\\", samples: () => [{ labels: [], value: Number.NaN }] },
        { name: "d", type: "counter", samples: () => [] },
      ]),
    ].join("");
    const labels = String.raw`model="a\"b\\c\nd"`;
    expect(text).toBe(`# TYPE :a:b histogram
:a:b_bucket{${labels},le="10"} 2
:a:b_bucket{${labels},le="18"} 4
:a:b_bucket{${labels},le="+Inf"} 5
:a:b_sum{${labels}} 57.5
:a:b_count{${labels}} 5
# HELP c one\\ntwo\\\\
# TYPE c gauge
c{} NaN
# TYPE d counter
`);
  });

  it("comes in pieces that take little time each", () => {
    const samples = Array.from({ length: 200 }, (_, at) => ({
      labels: [["model", `m${at}`]] as const,
      value: new Histogram(exponential(1, 2, 20)),
    }));
    const pieces = [...metricsText([{ name: "h", type: "histogram", samples: () => samples }])];
    expect(pieces.length).toBeGreaterThan(5);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(20_000);
    expect(pieces.every((piece) => piece.endsWith("\n"))).toBe(true);
    const lines = pieces.join("").split("\n");
    expect(lines).toHaveLength(1 + 200 * 23 + 1);
    expect(lines.at(-2)).toBe('h_count{model="m199"} 0');
  });

  it("writes bounds as C does with six digits", () => {
    const texts = [10, 32.4, 10 * 1.8 ** 32, 1e6, 999999, 100 * 1.2 ** 3, 0.0001].map(sixDigits);
    expect(texts).toEqual(["10", "32.4", "1.47476e+09", "1e+06", "999999", "172.8", "0.0001"]);
  });
});
