// A seeded sweep: more than a million numbers, written in the ways that clients write them and in some that they do not, beside
// Number() and Math.fround. What the scanner leaves to the parser is counted, so that the sweep cannot pass by reading nothing.
import { expect, it } from "vitest";
import { numberColumn } from "./number-column.ts";
import { oneList } from "./number-lists.ts";
import { forgetChunk, type Scan, STOPPED_BEFORE_VALUE, scanNumbers } from "./scan-numbers.ts";

const COUNT = 50_000;
/** Numbers written one after the other before the scanner is asked. */
const AT_ONCE = 1000;

/** 32 random bits at a time (xorshift32). */
function randomBits(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const next = randomBits(20_26);
const view = new DataView(new ArrayBuffer(8));

function float32(): number {
  view.setUint32(0, next());
  const value = view.getFloat32(0);
  return Number.isFinite(value) ? value : 0.1;
}

function float64(): number {
  view.setUint32(0, next());
  view.setUint32(4, next());
  const value = view.getFloat64(0);
  return Number.isFinite(value) ? value : 0.1;
}

/** As an image's numbers after normalising. */
const pixel = (): number => Math.fround(((next() / 2 ** 32) * 2 - 1) * 2.64);
const unit = (): number => next() / 2 ** 32 + next() / 2 ** 64;

/** Half way between two neighbouring float32, or one double beside that. */
function nearMidpoint(spread: () => number): number {
  const value = Math.abs(spread());
  view.setFloat32(0, value);
  view.setUint32(0, view.getUint32(0) + 1);
  view.setFloat64(0, (value + view.getFloat32(0)) / 2);
  view.setBigUint64(0, view.getBigUint64(0) + BigInt((next() % 3) - 1));
  const near = view.getFloat64(0);
  return Number.isFinite(near) ? near : value;
}

function digits(count: number): string {
  let text = "";
  while (text.length < count) text += String(next());
  return text.slice(0, count);
}

const sign = (): string => (next() % 2 === 0 ? "-" : "");
const withoutZeros = (text: string): string => text.replace(/^0+(?=\d)/, "");

/** How numbers are written, and how many of a hundred the scanner must take by itself, for float32 and float64. */
const KINDS: Readonly<Record<string, readonly [write: () => string, float32: number, float64: number]>> = {
  "float32, as Python prints them": [() => String(pixel()), 100, 99],
  "float32 of any size": [() => String(float32()), 90, 90],
  "tiny float32, subnormal ones among them": [() => String(Math.fround(unit() * 2 ** -125)), 99, 99],
  "doubles between 0 and 1": [() => sign() + String(unit()), 100, 99],
  "doubles of any size": [() => String(float64()), 0, 0],
  "17 digits": [() => pixel().toPrecision(17), 100, 99],
  "up to 21 digits behind the point": [() => pixel().toExponential(next() % 21), 70, 70],
  "next to midpoints of float32": [() => String(nearMidpoint(pixel)), 0, 99],
  "midpoints to 40 digits": [() => nearMidpoint(pixel).toPrecision(40), 0, 0],
  "any digits": [
    () => `${sign()}${withoutZeros(digits(1 + (next() % 12)))}.${digits(1 + (next() % 28))}`,
    40,
    40,
  ],
  "any digits with an exponent": [
    () => `${sign()}${next() % 10}.${digits(1 + (next() % 17))}e${sign()}${next() % 60}`,
    50,
    50,
  ],
  integers: [() => sign() + withoutZeros(digits(1 + (next() % 22))), 60, 60],
};

/** What is stored of texts, and NaN for each that the scanner did not take. */
function scanned(dtype: "float32" | "float64", texts: readonly string[]): Float32Array | Float64Array {
  const chunk = Buffer.from(`${texts.join(", ")}]`);
  const values = dtype === "float32" ? new Float32Array(texts.length) : new Float64Array(texts.length);
  values.fill(Number.NaN);
  const scan: Scan = { position: 0, stored: 0, stopped: STOPPED_BEFORE_VALUE };
  const column = numberColumn(dtype);
  if (!column) throw new Error(`no column for ${dtype}`);
  let position = 0;
  for (let index = 0; index < texts.length; ) {
    scanNumbers(chunk, position, oneList(column), chunk.length, scan);
    const { array, length } = column;
    values.set(array.subarray(length - scan.stored, length), index);
    index += scan.stored;
    position = scan.stored > 0 ? scan.position : position;
    if (index === texts.length) break;
    position += (texts[index] ?? "").length + 2;
    index++;
  }
  forgetChunk();
  return values;
}

it.each(Object.entries(KINDS))("%s are exact", (_name, [write, ...shares]) => {
  for (const [at, dtype] of (["float32", "float64"] as const).entries()) {
    let taken = 0;
    for (let done = 0; done < COUNT; done += AT_ONCE) {
      const texts = Array.from({ length: AT_ONCE }, write);
      const values = scanned(dtype, texts);
      for (const [index, text] of texts.entries()) {
        const value = values[index] ?? Number.NaN;
        if (Number.isNaN(value)) continue;
        taken++;
        const wanted = text === "-0" ? 0 : Number(text);
        const exact = dtype === "float32" ? Math.fround(wanted) : wanted;
        if (!Object.is(value, exact)) expect([text, value]).toEqual([text, exact]);
      }
    }
    expect((taken / COUNT) * 100).toBeGreaterThanOrEqual(Math.max(0, (shares[at] ?? 0) - 0.01));
  }
});
