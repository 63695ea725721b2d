import { describe, expect, it } from "vitest";
import type { DType } from "../tensor/dtype.ts";
import { bytesOf, type NumericDType } from "../tensor/elements.ts";
import { tensorFromBytes, tensorFromStrings } from "../tensor/tensor.ts";
import { compareTensors } from "./compare.ts";

function compare(
  dtype: NumericDType,
  found: readonly (number | bigint)[],
  wanted: readonly (number | bigint)[],
) {
  return compareTensors(
    { dtype, shape: [found.length], data: bytesOf(dtype, found) },
    tensorFromBytes(dtype, [wanted.length], bytesOf(dtype, wanted)),
  );
}

describe("compareTensors", () => {
  it.each([
    ["float32", 1e-4],
    ["float64", 1e-9],
    ["float16", 2e-3],
    ["bfloat16", 2e-2],
  ] as const)("allows %s a difference of %f of the largest value", (dtype, tolerance) => {
    const { allowedError } = compare(dtype, [-8, 1], [-8, 1]);
    expect(allowedError).toBe(8 * tolerance);
  });

  it("takes small differences and refuses large ones", () => {
    expect(compare("float32", [100, 0.009], [100, 0]).isEqual).toBe(true);
    expect(compare("float32", [100, 0.011], [100, 0])).toMatchObject({ isEqual: false, reason: undefined });
    expect(compare("float32", [1e-9], [0]).isEqual).toBe(false);
  });

  it("wants NaN and infinities in the same places", () => {
    expect(compare("float32", [Number.NaN, Infinity, 1], [Number.NaN, Infinity, 1]).isEqual).toBe(true);
    expect(compare("float32", [1, Number.NaN], [1, 2]).reason).toBe("NaN instead of 2 at element 1");
    expect(compare("float32", [1, 2], [1, Number.NaN]).reason).toBe("2 instead of NaN at element 1");
    expect(compare("float32", [Infinity], [-Infinity]).isEqual).toBe(false);
  });

  it("wants integers exactly, beyond 2^53 too", () => {
    expect(compare("int32", [1, 2], [1, 2]).isEqual).toBe(true);
    expect(compare("int32", [1, 3], [1, 2])).toMatchObject({ isEqual: false, largestError: 1 });
    expect(compare("int64", [9007199254740993n], [9007199254740992n]).isEqual).toBe(false);
    expect(compare("bool", [1, 0], [1, 1]).isEqual).toBe(false);
  });

  it("wants the same dtype and shape", () => {
    const value = { dtype: "float32" as DType, shape: [2, 1], data: bytesOf("float32", [1, 2]) };
    const wanted = tensorFromBytes("float32", [2], bytesOf("float32", [1, 2]));
    expect(compareTensors(value, wanted).reason).toBe("shape (2, 1) instead of (2)");
    expect(compareTensors({ ...value, dtype: "int32" }, wanted).reason).toBe(
      "dtype int32 instead of float32",
    );
  });

  it("compares strings", () => {
    const strings = (...texts: string[]) => texts.map((text) => Buffer.from(text));
    const found = {
      dtype: "string" as const,
      shape: [2],
      data: new Uint8Array(),
      strings: strings("a", "b"),
    };
    expect(compareTensors(found, tensorFromStrings([2], strings("a", "b"))).isEqual).toBe(true);
    expect(compareTensors(found, tensorFromStrings([2], strings("a", "c"))).reason).toBe("string 1 differs");
  });
});
