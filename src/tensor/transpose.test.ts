import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DType } from "./dtype.ts";
import { numbersOf, tensorOfNumbers } from "./numbers.ts";
import { elementCount, tensorFromBytes } from "./tensor.ts";
import { permuteBytes, permutedPieces, transposed } from "./transpose.ts";

/** The definition: result[i] = source[indices of i, put in the places perm tells]. */
function reference(numbers: readonly number[], shape: readonly number[], perm: readonly number[]): number[] {
  const sizes = perm.map((axis) => shape[axis] as number);
  return numbers.map((_, flat) => {
    const index = new Array<number>(shape.length).fill(0);
    let rest = flat;
    for (let axis = sizes.length - 1; axis >= 0; axis -= 1) {
      index[perm[axis] as number] = rest % (sizes[axis] as number);
      rest = Math.floor(rest / (sizes[axis] as number));
    }
    return numbers[index.reduce((sum, at, axis) => sum * (shape[axis] as number) + at, 0)] as number;
  });
}

const cases = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 5 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    perm: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
    dtype: fc.constantFrom<DType>("uint8", "float16", "float32", "int64"),
  }),
);

describe("permutedPieces", () => {
  const joined = (shape: readonly number[], perm: readonly number[], width: number, pieceBytes: number) => {
    const bytes = new Uint8Array(elementCount(shape) * width).map((_, index) => (index * 31) % 253);
    const memory = new Uint8Array(bytes.byteLength);
    const parts: Uint8Array[] = [];
    const piece = (byteLength: number) => memory.subarray(0, byteLength).fill(255);
    for (const each of permutedPieces(bytes, width, shape, perm, pieceBytes, { piece }))
      parts.push(each.slice());
    expect(Buffer.concat(parts).equals(permuteBytes(bytes, width, shape, perm))).toBe(true);
    return parts.length;
  };

  it("are the permuted bytes", () => {
    const pieces = fc.integer({ min: 1, max: 400 });
    fc.assert(
      fc.property(cases, pieces, fc.constantFrom(1, 2, 4, 8, 16), ({ shape, perm }, pieceBytes, width) => {
        joined(shape, perm, width, pieceBytes);
      }),
    );
  });

  it("end at borders of tiles where that is possible", () => {
    expect(joined([150, 200], [1, 0], 4, 150 * 4 * 100)).toBe(4); // 64 rows of the 100 that would fit
    expect(joined([3, 70, 9], [2, 1, 0], 4, 1)).toBe(1); // a convolution's filter is turned at once
    expect(joined([70, 3, 9], [1, 0, 2], 4, 1)).toBe(3);
    expect(joined([1], [0], 4, 1)).toBe(1);
  });
});

describe("transposed", () => {
  it("agrees with the definition", () => {
    fc.assert(
      fc.property(cases, ({ shape, perm, dtype }) => {
        const numbers = Array.from({ length: elementCount(shape) }, (_, index) => index % 200);
        const result = transposed(tensorOfNumbers(dtype, shape, numbers), perm);
        expect(result.shape).toEqual(perm.map((axis) => shape[axis]));
        expect(numbersOf(result)).toEqual(reference(numbers, shape, perm));
      }),
    );
  });

  it("crosses tile borders", () => {
    const numbers = Array.from({ length: 130 * 3 * 70 }, (_, index) => index);
    const result = transposed(tensorOfNumbers("int32", [130, 3, 70], numbers), [2, 1, 0]);
    expect(numbersOf(result)).toEqual(reference(numbers, [130, 3, 70], [2, 1, 0]));
  });

  it("moves 16-byte elements and unaligned bytes", () => {
    const bytes = Uint8Array.from({ length: 65 }, (_, index) => index).subarray(1);
    const result = transposed(tensorFromBytes("complex128", [2, 2], bytes), [1, 0]);
    expect([...result.read()].filter((_, at) => at % 16 === 0)).toEqual([1, 33, 17, 49]);
    expect(result.transposeOf?.perm).toEqual([1, 0]);
  });
});
