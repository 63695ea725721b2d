import { expect, test } from "vitest";
import { outputName, uniqueName } from "./endpoint-names.ts";

test("outputs are called by their keys, else by their number", () => {
  expect(outputName([], 0)).toBe("output_0");
  expect(outputName([1, 0], 3)).toBe("output_3");
  expect(outputName(["scores"], 0)).toBe("scores");
  expect(outputName(["heads", 1], 2)).toBe("heads_1");
  expect(outputName([1, "scores"], 2)).toBe("output_1_scores");
});

test("a name that stands already gets a number", () => {
  const taken = new Set<string>();
  expect(["x", "x", "x_1", "x"].map((name) => uniqueName(name, taken))).toEqual(["x", "x_1", "x_1_1", "x_2"]);
});
