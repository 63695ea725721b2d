import { expect, test } from "vitest";
import { lowered } from "../testing/lower-text.ts";

test("an attribute that the operator's definition does not list is refused, not ignored", () => {
  const text = `graph main(x: float32[n, 3]) -> (y) {
    y = Softmax(x) {axis = 1, temperature = 2.0}
  }`;
  expect(() => lowered(text)).toThrow("the meaning of its attribute temperature is not known");
});
