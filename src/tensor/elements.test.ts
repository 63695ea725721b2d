import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, elementsOf } from "./elements.ts";
import { decodeSmallFloat, encodeSmallFloat, SMALL_FLOATS, type SmallFloatDType } from "./small-float.ts";

const NAMES = Object.keys(SMALL_FLOATS) as SmallFloatDType[]; // the keys of a literal

describe("small floats", () => {
  it.each(NAMES)("%s: encoding what was decoded gives the bits back", (name) => {
    const float = SMALL_FLOATS[name];
    for (let bits = 0; bits < 2 * float.signBit; bits++) {
      const value = decodeSmallFloat(float, bits);
      const again = encodeSmallFloat(float, value);
      if (Number.isNaN(value)) expect(decodeSmallFloat(float, again)).toBeNaN();
      else expect(again).toBe(bits);
    }
  });

  it.each(NAMES)("%s: no neighbour is nearer than the encoded number", (name) => {
    const float = SMALL_FLOATS[name];
    const largest = decodeSmallFloat(float, float.maxBits);
    fc.assert(
      fc.property(fc.double({ min: 0, max: largest, noNaN: true }), (value) => {
        const bits = encodeSmallFloat(float, value);
        const error = Math.abs(decodeSmallFloat(float, bits) - value);
        for (const neighbour of [Math.max(bits - 1, 0), Math.min(bits + 1, float.maxBits)]) {
          expect(error).toBeLessThanOrEqual(Math.abs(decodeSmallFloat(float, neighbour) - value));
        }
      }),
    );
  });

  it("knows the figures of the specifications", () => {
    expect(decodeSmallFloat(SMALL_FLOATS.float16, 0x3e00)).toBe(1.5);
    expect(decodeSmallFloat(SMALL_FLOATS.bfloat16, 0x3fc0)).toBe(1.5);
    expect(decodeSmallFloat(SMALL_FLOATS.float8_e4m3fn, 0x7e)).toBe(448);
    expect(decodeSmallFloat(SMALL_FLOATS.float8_e5m2, 0x7b)).toBe(57344);
    expect(decodeSmallFloat(SMALL_FLOATS.float8_e4m3fnuz, 0x7f)).toBe(240);
    expect(encodeSmallFloat(SMALL_FLOATS.float16, 65520)).toBe(0x7c00);
    expect(encodeSmallFloat(SMALL_FLOATS.float16, 65519)).toBe(0x7bff);
    expect(encodeSmallFloat(SMALL_FLOATS.float16, -Infinity)).toBe(0xfc00);
    expect(encodeSmallFloat(SMALL_FLOATS.float8_e4m3fn, 1000)).toBe(0x7f);
  });
});

describe("elements", () => {
  it("come from unaligned bytes too", () => {
    const bytes = new Uint8Array([9, 0, 0, 128, 63, 0, 0, 0, 64]).subarray(1);
    expect([...elementsOf("float32", bytes)]).toEqual([1, 2]);
  });

  it("are cast as C casts", () => {
    const cast = (dtype: "int8" | "int64" | "bool" | "float16" | "uint32", values: (number | bigint)[]) => [
      ...elementsOf(dtype, bytesOf(dtype, values)),
    ];
    expect(cast("int8", [1.9, -1.9, 300, 300n])).toEqual([1, -1, 44, 44]);
    expect(cast("int64", [2.5, -2.5, 9007199254740993n])).toEqual([2n, -2n, 9007199254740993n]);
    expect(cast("bool", [0, 0.5, -3, Number.NaN])).toEqual([0, 1, 1, 1]);
    expect(cast("float16", [0.1, 65504, 1e6])).toEqual([0.0999755859375, 65504, Infinity]);
    expect(cast("uint32", [4294967295n, -1])).toEqual([4294967295, 4294967295]);
  });
});
