import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatGeneral,
  MAX_NUMBER_BYTES,
  writeFloat32,
  writeFloat64,
  writeInteger,
} from "./format-number.ts";

function text(write: typeof writeFloat32, value: number): string {
  const out = new Uint8Array(MAX_NUMBER_BYTES);
  return Buffer.from(out.subarray(0, write(out, 0, value))).toString();
}
const float32 = (value: number) => text(writeFloat32, Math.fround(value));
const float64 = (value: number) => text(writeFloat64, value);

describe("float32", () => {
  it.each([
    [9000000, "9e+06"],
    [999999, "999999.0"],
    [0.5, "0.5"],
    [0.0003, "0.0003"],
    [0.00003, "3e-05"],
    [555557.5, "555557.5"],
    [2.5, "2.5"],
    [3, "3.0"],
    [0.2, "0.2"],
    [0, "0.0"],
    [-0, "-0.0"],
    [-1.5, "-1.5"],
    [1e6, "1e+06"],
    [100000, "100000.0"],
    [0.1234567, "0.123456702"],
    [16777216, "16777216.0"],
    [1234567936, "1.23456794e+09"],
    [3.4028234663852886e38, "3.40282347e+38"],
    [1.401298464324817e-45, "1.4013e-45"],
    [1.17549435e-38, "1.17549435e-38"],
    [1234567.125, "1234567.12"],
    [1234567.375, "1234567.38"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
  ])("%d prints as %s", (value, wanted) => {
    expect(float32(value)).toBe(wanted);
  });

  it("reads back as the same number", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Math.fround(Number(float32(value)))).toBe(value);
      }),
      { numRuns: 2000 },
    );
  });

  it("is what printf would write, on the fast way too", () => {
    const exact = (value: number) => {
      const short = formatGeneral(value, 6);
      const chosen = Math.fround(Number(short)) === value ? short : formatGeneral(value, 9);
      return /[.e]/.test(chosen) ? chosen : `${chosen}.0`;
    };
    const ordinary = fc
      .tuple(fc.double({ min: 1, max: 10, noNaN: true }), fc.integer({ min: -16, max: 11 }))
      .map(([mantissa, power]) => Math.fround(mantissa * 10 ** power));
    fc.assert(
      fc.property(fc.oneof(ordinary, fc.float({ noNaN: true, noDefaultInfinity: true })), (value) => {
        expect(float32(value)).toBe(exact(value));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("float64", () => {
  it.each([
    [8, "8.0"],
    [0.1, "0.1"],
    [1 / 3, "0.33333333333333331"],
    [2 ** 50 + 1.75, "1125899906842625.8"],
    [2 ** 50 + 1.25, "1125899906842625.2"],
    [1e21, "1e+21"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
    [5e-324, "4.94066e-324"],
    [1e-5, "1e-05"],
  ])("%d prints as %s", (value, wanted) => {
    expect(float64(value)).toBe(wanted);
  });

  it("reads back as the same number", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(float64(value))).toBe(value);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("printf's %g", () => {
  it.each([
    [0.5, 6, "0.5"],
    [100000.5, 6, "100000"],
    [100001.5, 6, "100002"],
    [123456789, 6, "1.23457e+08"],
    [999999.5, 6, "1e+06"],
    [0.00001234, 6, "1.234e-05"],
    [1e100, 9, "1e+100"],
  ])("%d with %d digits is %s", (value, digits, wanted) => {
    expect(formatGeneral(value, digits)).toBe(wanted);
  });
});

it("writes integers", () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 }), (value) => {
      const out = new Uint8Array(MAX_NUMBER_BYTES);
      expect(Buffer.from(out.subarray(0, writeInteger(out, 0, value))).toString()).toBe(String(value));
    }),
  );
});
