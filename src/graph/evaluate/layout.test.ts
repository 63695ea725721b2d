import fc from "fast-check";
import { expect, test } from "vitest";
import { contiguousStrides } from "../../tensor/gather-strided.ts";
import { broadcastView, concatenate, pick } from "./layout.ts";

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

test("a view with row-major strides is the list itself", () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const elements = Array.from(
        { length: shape.reduce((all, size) => all * size, 1) },
        (_, index) => index,
      );
      expect(pick(elements, { shape, strides: contiguousStrides(shape), offset: 0 })).toEqual(elements);
    }),
  );
});

test("views slice, turn round and transpose", () => {
  const matrix = [1, 2, 3, 4, 5, 6];
  expect(pick(matrix, { shape: [3, 2], strides: [1, 3], offset: 0 })).toEqual([1, 4, 2, 5, 3, 6]);
  expect(pick(matrix, { shape: [2, 2], strides: [3, -2], offset: 2 })).toEqual([3, 1, 6, 4]);
});

test("broadcasting repeats axes of size 1 and missing axes", () => {
  expect(pick([1, 2], broadcastView([2, 1], [2, 2, 3]))).toEqual([1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]);
  expect(pick([7], broadcastView([], [2]))).toEqual([7, 7]);
});

test("lists are joined along any axis", () => {
  const [a, b] = [
    [1, 2, 3, 4],
    [5, 6],
  ];
  expect(
    concatenate(
      [a, b],
      [
        [2, 2],
        [1, 2],
      ],
      0,
    ),
  ).toEqual([1, 2, 3, 4, 5, 6]);
  expect(
    concatenate(
      [a, b],
      [
        [2, 2],
        [2, 1],
      ],
      1,
    ),
  ).toEqual([1, 2, 5, 3, 4, 6]);
  expect(concatenate([[], [1]], [[0], [1]], 0)).toEqual([1]);
});
