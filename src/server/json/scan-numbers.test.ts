import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DType } from "../../tensor/dtype.ts";
import { type NumberColumn, numberColumn } from "./number-column.ts";
import { oneList } from "./number-lists.ts";
import { type Scan, STOPPED_AFTER_VALUE, STOPPED_BEFORE_VALUE, scanNumbers } from "./scan-numbers.ts";

function columnOf(dtype: DType): NumberColumn {
  const column = numberColumn(dtype);
  if (!column) throw new Error(`no column for ${dtype}`);
  return column;
}

/** What the scanner stores of a list, and where it stops. */
function scan(dtype: DType, text: string) {
  const column = columnOf(dtype);
  const result: Scan = { position: 0, stored: 0, stopped: STOPPED_BEFORE_VALUE };
  scanNumbers(Buffer.from(text), 0, oneList(column), text.length, result);
  const steps = column.bytes();
  let step = steps.next();
  while (!step.done) step = steps.next();
  const bytes = step.value.slice();
  return {
    ...result,
    bytes,
    values: [...new (dtype === "float64" ? Float64Array : Float32Array)(bytes.buffer)],
  };
}

/** Behind the list the scanner wants some room to look ahead. */
const END = `]${" ".repeat(64)}`;

/** A double half way between two neighbouring float32, or next to it: where rounding twice goes wrong. */
const nearMidpoints = fc
  .tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(-1, 0, 1))
  .map(([value, step]) => {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat32(0, value);
    bits.setUint32(0, bits.getUint32(0) + 1);
    const middle = (value + bits.getFloat32(0)) / 2;
    bits.setFloat64(0, middle);
    bits.setBigUint64(0, bits.getBigUint64(0) + BigInt(step));
    const near = bits.getFloat64(0);
    return Number.isFinite(near) ? near : value;
  });
const doubles = fc.double({ noNaN: true, noDefaultInfinity: true });
const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`));
const written = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.nat({ max: 999_999_999 }),
    digits(25),
    fc.constantFrom("", "e-7", "E+3", "e12", "e-30"),
  )
  .map(([sign, whole, fraction, exponent]) => `${sign}${whole}.${fraction}${exponent}`);
const texts = fc.oneof(
  nearMidpoints.map(String),
  doubles.map(String),
  doubles.map((value) => value.toExponential(20)),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(String),
  written,
);

describe("decimals", () => {
  it.each<DType>(["float32", "float64"])("%s are rounded correctly", (dtype) => {
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 30 }), (list) => {
        const { values, stored } = scan(dtype, list.join(", ") + END);
        const plain = list.map((text) => (/^-0$/.test(text) ? 0 : Number(text)));
        const wanted = dtype === "float32" ? plain.map(Math.fround) : plain;
        // It may stop early, and leaves the rest to others; what it stored is right.
        expect(values).toEqual(wanted.slice(0, stored));
      }),
      { numRuns: 1000 },
    );
  });

  it("are read to the end of a list", () => {
    const result = scan("float32", `1, -2.5 ,3e2,\n0.0625${END}`);
    expect(result.values).toEqual([1, -2.5, 300, 0.0625]);
    expect(result).toMatchObject({ stored: 4, stopped: STOPPED_AFTER_VALUE, position: 20 });
  });

  it.each(["NaN", "null", "01", "-", "1.", ".5", "1e", "1e400", '"1"', "[1]", "1x", "-Infinity"])(
    "%s is left to the parser",
    (text) => {
      expect(scan("float32", `7,${text}${END}`)).toMatchObject({
        stored: 1,
        stopped: STOPPED_BEFORE_VALUE,
        position: 2,
      });
    },
  );
});

describe("integers", () => {
  it("are stored exactly, and what does not fit is left to the parser", () => {
    const int32 = scan("int32", `1,-2147483648,2147483647,2147483648${END}`);
    expect(int32.stored).toBe(3);
    expect([...new Int32Array(int32.bytes.buffer)]).toEqual([1, -(2 ** 31), 2 ** 31 - 1]);
    const int64 = scan("int64", `-1,999999999999999,-5000000000,1.0${END}`);
    expect([...new BigInt64Array(int64.bytes.buffer)]).toEqual([-1n, 999999999999999n, -5000000000n]);
    const uint32 = scan("uint32", `4294967295,-1${END}`);
    expect([...new Uint32Array(uint32.bytes.buffer)]).toEqual([4294967295]);
  });
});

describe("a column", () => {
  it("holds any number of values, with and without knowing how many come", () => {
    for (const [count, left] of [
      [10, 0],
      [300_000, Number.POSITIVE_INFINITY],
      [300_000, 0],
      [300_000, 600_000],
    ] as const) {
      const column = columnOf("int32");
      for (let value = 0; value < count; value++) column.push(value, Math.max(0, left - value * 2));
      expect(column.count).toBe(count);
      const steps = column.bytes();
      let step = steps.next();
      while (!step.done) step = steps.next();
      const values = new Int32Array(step.value.buffer, step.value.byteOffset, count);
      expect(values.every((value, index) => value === index)).toBe(true);
    }
  });
});
