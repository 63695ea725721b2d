// TensorFlow Serving's util/prometheus_exporter_test.cc, each case under its own name.
// Not here: SanitizeLabelName and SanitizeMetricName. There names come from anywhere in TensorFlow; here each is written in
// the code as Prometheus takes it, which the last test looks at.
import { describe, expect, it } from "vitest";
import { exponential, Histogram } from "../../metrics/histogram.ts";
import { Metrics } from "../../metrics/metrics.ts";
import { type Family, metricsText } from "../../metrics/text-format.ts";
import { loadedManager } from "../../testing/model-server.ts";

const page = (...families: readonly Family[]): string => [...metricsText(families)].join("");
const counter = (label: string): Family => ({
  name: ":test:path:total",
  type: "counter",
  samples: () => [{ labels: [["name", label]], value: 2 }],
});

describe("prometheus_exporter_test", () => {
  it("Counter", () => {
    expect(page(counter("abc"))).toBe('# TYPE :test:path:total counter\n:test:path:total{name="abc"} 2\n');
  });

  it("Gauge", () => {
    const labels = [
      ["x", "abc"],
      ["y", "def"],
    ] as const;
    const gauge: Family = {
      name: ":test:path:gague",
      type: "gauge",
      samples: () => [{ labels, value: 5 }],
    };
    expect(page(gauge)).toBe('# TYPE :test:path:gague gauge\n:test:path:gague{x="abc",y="def"} 5\n');
  });

  // There a value on a bound counts in the next bucket; `le` means that it counts in this one.
  it("Histogram", () => {
    const histogram = new Histogram(exponential(1, 2, 10));
    for (const value of [2, 20, 200]) histogram.observe(value);
    const samples = () => [{ labels: [["status", "good"]] as const, value: histogram }];
    const buckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, "+Inf"].map(
      (bound, at) =>
        `:test:path:histogram_bucket{status="good",le="${bound}"} ${[0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3][at]}\n`,
    );
    expect(page({ name: ":test:path:histogram", type: "histogram", samples })).toBe(
      `# TYPE :test:path:histogram histogram\n${buckets.join("")}` +
        ':test:path:histogram_sum{status="good"} 222\n:test:path:histogram_count{status="good"} 3\n',
    );
  });

  it("SanitizeLabelValue", () => {
    expect(page(counter('"abc\\"'))).toBe(
      '# TYPE :test:path:total counter\n:test:path:total{name="\\"abc\\\\\\""} 2\n',
    );
  });

  it("all names are such as Prometheus takes", async () => {
    const models = await loadedManager({ m: [1] });
    const metrics = new Metrics({ models: () => models, inFlight: () => 0 });
    const names = [...metrics.families()].map((family) => family.name);
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name))).toEqual([]);
  });
});
