import { expect, it } from "vitest";
import { inSlices } from "../slices.ts";
import { Histogram } from "./histogram.ts";
import { mergeFamilies, plainFamilies } from "./merge-families.ts";
import { type Family, metricsText } from "./text-format.ts";

function families(count: number, model: string, ...values: number[]): Family[] {
  const histogram = new Histogram(Float64Array.of(1, 10));
  for (const value of values) histogram.observe(value);
  return [
    {
      name: "requests",
      type: "counter",
      help: "All.",
      samples: () => [{ labels: [["m", model]], value: count }],
    },
    { name: "seconds", type: "histogram", samples: () => [{ labels: [], value: histogram }] },
  ];
}

it("sums counters by their labels and histograms by their buckets", async () => {
  const others = [families(2, "a", 0.5, 5), families(3, "b", 50)].map((one) =>
    structuredClone(plainFamilies(one)),
  );
  const text = [...metricsText(await inSlices(mergeFamilies(families(1, "a", 5), others)))].join("");
  expect(text).toBe(`# HELP requests All.
# TYPE requests counter
requests{m="a"} 3
requests{m="b"} 3
# TYPE seconds histogram
seconds_bucket{le="1"} 1
seconds_bucket{le="10"} 3
seconds_bucket{le="+Inf"} 4
seconds_sum{} 60.5
seconds_count{} 4
`);
});

it("leaves turns to others", () => {
  const samples = () =>
    Array.from({ length: 100 }, (_, at) => ({ labels: [["m", `${at}`]] as const, value: 1 }));
  const many: Family[] = [{ name: "many", type: "counter", samples }];
  const work = mergeFamilies(many, [plainFamilies(many)]);
  let turns = 0;
  let step = work.next();
  for (; !step.done; step = work.next()) turns++;
  expect(turns).toBe(6);
  expect([...(step.value[0]?.samples() ?? [])]).toHaveLength(100);
  expect([...(step.value[0]?.samples() ?? [])].every(({ value }) => value === 2)).toBe(true);
});
