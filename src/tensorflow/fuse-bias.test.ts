import { describe, expect, it } from "vitest";
import { lowered, loweredText } from "./testing/lower-text.ts";

const weight = "w: float32[4, 2] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]";

describe("fuseBias", () => {
  it("adds a bias before the reshape, and lets readers read the reshape", () => {
    const text = `graph main(x: float32[n, 3, 4]) -> (y) {
      ${weight}
      b: float32[2] = [1.0, 2.0]
      m = MatMul(x, w)
      s = Add(b, m)
      y = Relu(s)
    }`;
    expect(loweredText(text)).toEqual([
      "Reshape(x, [-1,4])",
      "MatMul(Reshape, [1,2,3,4,5,6,7,8])",
      "BiasAdd(MatMul, [1,2])",
      "Reshape(Reshape_1/BiasAdd, [-1,3,2])",
      "Relu(AddV2)",
      "Identity(Relu)",
    ]);
    expect(new Set(lowered(text).nodes.map((node) => node.name)).size).toBe(lowered(text).nodes.length);
  });

  it("leaves a product that somebody else reads", () => {
    const text = `graph main(x: float32[n, 3, 4]) -> (y, m) {
      ${weight}
      b: float32[2] = [1.0, 2.0]
      m = MatMul(x, w)
      y = Add(m, b)
    }`;
    expect(loweredText(text)).toContain("AddV2(Reshape_1, [1,2])");
  });

  it("leaves what is not a bias of the columns", () => {
    const text = `graph main(x: float32[n, 3, 4]) -> (y) {
      ${weight}
      b: float32[1] = [1.0]
      m = MatMul(x, w)
      y = Add(m, b)
    }`;
    expect(loweredText(text).filter((line) => line.startsWith("AddV2"))).toHaveLength(1);
  });

  it("leaves a bias that widens a product of one column", () => {
    const text = `graph main(x: float32[n, 3, 2]) -> (y) {
      w: float32[2, 1] = [1.0, 2.0]
      b: float32[5] = [1.0, 2.0, 3.0, 4.0, 5.0]
      m = MatMul(x, w)
      y = Add(m, b)
    }`;
    expect(loweredText(text).filter((line) => line.startsWith("AddV2"))).toHaveLength(1);
  });
});
