import { expect, test } from "vitest";
import { derivedTensor, type Tensor, tensorFromBytes } from "./tensor.ts";

/** A tensor that takes its base twice, as a value does whose two halves were cut out and put together again. */
function twice(base: Tensor, count: () => void): Tensor {
  return derivedTensor(base.dtype, base.shape, () => {
    count();
    const [left, right] = [base.read(), base.read()];
    return left.map((value, index) => (value + (right[index] ?? 0)) & 0xff);
  });
}

test("a chain that uses each step twice computes each step once", () => {
  let computed = 0;
  let tensor = tensorFromBytes("uint8", [2], new Uint8Array([1, 3]));
  for (let step = 0; step < 60; step++) tensor = twice(tensor, () => computed++);
  expect([...tensor.read()]).toEqual([0, 0]);
  expect(computed).toBe(60);
});

test("every reading computes anew, and a failed one leaves nothing behind", () => {
  let healthy = false;
  const base = derivedTensor("uint8", [1], () => {
    if (!healthy) throw new Error("the disk is gone");
    return new Uint8Array([7]);
  });
  const tensor = twice(base, () => undefined);
  expect(() => tensor.read()).toThrow("the disk is gone");
  healthy = true;
  expect([...tensor.read()]).toEqual([14]);
});
