import { describe, expect, it } from "vitest";
import { firstDifference } from "./compare-outputs.ts";
import type { TensorValue } from "./engine.ts";

const floats = (values: readonly number[], shape = [values.length]): TensorValue => ({
  dtype: "float32",
  shape,
  data: new Uint8Array(Float32Array.from(values).buffer),
});
const texts = (...strings: string[]): TensorValue => ({
  dtype: "string",
  shape: [strings.length],
  data: new Uint8Array(),
  strings: strings.map((text) => Buffer.from(text)),
});
const difference = (a: TensorValue, b: TensorValue) =>
  firstDifference(new Map([["y", a]]), new Map([["y", b]]));

describe("firstDifference", () => {
  it("is none for what other kernels would round otherwise", () => {
    expect(difference(floats([1, 1000]), floats([1.5, 1000.2]))).toBeUndefined();
    expect(difference(floats([Number.NaN, 0, -0]), floats([Number.NaN, -0, 0]))).toBeUndefined();
    expect(difference(texts("a", ""), texts("a", ""))).toBeUndefined();
    expect(difference(floats([]), floats([]))).toBeUndefined();
  });

  it("names the output and what differs", () => {
    expect(difference(floats([0, 0]), floats([0, 1e-9]))).toContain("y: differs by");
    expect(difference(floats([1]), floats([Number.NaN]))).toBe("y: 1 and NaN");
    expect(difference(floats([1, 2]), floats([1, 2], [2, 1]))).toBe("y: float32[2] and float32[2,1]");
    expect(difference(texts("a"), texts("b"))).toBe("y: other strings");
    expect(difference(texts("a"), floats([1]))).toBe("y: string[1] and float32[1]");
    expect(firstDifference(new Map([["y", floats([1])]]), new Map())).toBe("y is missing");
  });
});
