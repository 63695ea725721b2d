import { expect, it } from "vitest";
import { tensorFromBytes } from "../tensor/tensor.ts";
import { contentsOfConstant } from "./infer-context.ts";

it.each([
  ["1 -3", [1, -3]],
  ["1152921504606846976", [2 ** 60]],
  ["9223372036854775807 -9223372036854775808", [2 ** 63, -(2 ** 63)]], // to the end, and from before the beginning
  ["5 9007199254740993", undefined], // 2^53 + 1
  ["9223372036854775806", undefined],
])("the numbers %s are known as far as doubles hold them", (text, numbers) => {
  const elements = BigInt64Array.from(text.split(" "), BigInt);
  const tensor = tensorFromBytes("int64", [elements.length], new Uint8Array(elements.buffer));
  expect(contentsOfConstant(tensor, 10)).toEqual(numbers);
});
