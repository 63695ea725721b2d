import fc from "fast-check";
import { expect, test } from "vitest";
import type { ByteSource } from "../core/byte-source.ts";
import { numbersOf, tensorOfNumbers } from "../tensor/numbers.ts";
import { tensorFromSource } from "../tensor/tensor.ts";
import { alongAxis, canScale, scaledTensor } from "./scale-tensor.ts";

test("every element is multiplied by its slice's factor, in any float type", () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(shapes, fc.nat(3), fc.constantFrom("float32", "float64", "float16"), (shape, at, dtype) => {
      const axis = at % shape.length;
      const count = shape.reduce((all, size) => all * size, 1);
      const tensor = tensorOfNumbers(
        dtype,
        shape,
        Array.from({ length: count }, (_, index) => index + 1),
      );
      const factors = Array.from({ length: shape[axis] ?? 1 }, (_, index) => 2 ** index);
      const scaled = numbersOf(
        scaledTensor(
          tensor,
          alongAxis(shape, axis, () => factors),
        ),
      );
      const inner = shape.slice(axis + 1).reduce((all, size) => all * size, 1);
      const wanted = scaled.map(
        (_, index) => (index + 1) * 2 ** (Math.floor(index / inner) % (shape[axis] ?? 1)),
      );
      expect(scaled).toEqual(wanted);
    }),
  );
});

test("nothing is read before the result is", () => {
  let reads = 0;
  const tensor = tensorOfNumbers("float32", [2], [1, 2]);
  const read = () => {
    reads++;
    return tensor.read();
  };
  const watched = { ...tensor, read };
  const scaled = scaledTensor(
    watched,
    alongAxis([2], 0, () => [3, 5]),
  );
  expect(reads).toBe(0);
  expect(numbersOf(scaled)).toEqual([3, 10]);
  expect(reads).toBe(1);
});

test("bytes that do not lie at a multiple of four are read too", () => {
  const bytes = new Uint8Array(9);
  bytes.set(tensorOfNumbers("float32", [2], [1, 2]).read(), 1);
  const shifted = { ...tensorOfNumbers("float32", [2], [0, 0]), read: () => bytes.subarray(1) };
  expect(
    numbersOf(
      scaledTensor(
        shifted,
        alongAxis([2], 0, () => [3, 5]),
      ),
    ),
  ).toEqual([3, 10]);
});

test("any bytes of it are read into memory that is there", () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
  const places = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(60), fc.nat(7));
  fc.assert(
    fc.property(shapes, fc.nat(3), places, (shape, at, [start, length, shift]) => {
      const axis = at % shape.length;
      const count = shape.reduce((all, size) => all * size, 1);
      const numbers = Array.from({ length: count }, (_, index) => (index + 1) / 7);
      const bytes = tensorOfNumbers("float32", shape, numbers).read();
      const source: ByteSource = {
        name: "weights",
        size: bytes.byteLength,
        read: (offset, size) => bytes.slice(offset, offset + size),
        readInto: (offset, target) => target.set(bytes.subarray(offset, offset + target.byteLength)),
      };
      const scaled = scaledTensor(
        tensorFromSource("float32", shape, source, 0),
        alongAxis(shape, axis, () => numbers.map((value) => value - 1)),
      );
      const from = Math.floor(start * bytes.byteLength);
      const target = new Uint8Array(shift + Math.min(length, bytes.byteLength - from)).subarray(shift);
      scaled.readInto?.(target, from);
      expect([...target]).toEqual([...scaled.read().subarray(from, from + target.byteLength)]);
    }),
  );
});

test("integers and strings are not scaled", () => {
  expect(canScale(tensorOfNumbers("int8", [1], [1]))).toBe(false);
  expect(canScale(tensorOfNumbers("bfloat16", [1], [1]))).toBe(true);
});
