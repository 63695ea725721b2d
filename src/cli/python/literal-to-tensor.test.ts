import { describe, expect, it } from "vitest";
import { Problem } from "../../core/errors.ts";
import type { DType } from "../../tensor/dtype.ts";
import { elementsOf, isNumeric } from "../../tensor/elements.ts";
import { literalToTensor } from "./literal-to-tensor.ts";
import { parsePythonLiteral } from "./parse-literal.ts";

function convert(text: string, dtype: DType): { shape: readonly number[]; elements: unknown[] } | string {
  const value = parsePythonLiteral(text);
  if (!value) throw new Error(`${text} is no literal`);
  const tensor = literalToTensor(value, dtype, "x");
  if (tensor instanceof Problem) return tensor.message;
  const elements = isNumeric(dtype)
    ? [...elementsOf(dtype, tensor.data)]
    : (tensor.strings ?? []).map((bytes) => Buffer.from(bytes).toString());
  return { shape: tensor.shape, elements };
}

describe("literalToTensor", () => {
  it.each([
    ["3", "int32", [], [3]],
    ["[[1, 2], [3, 4]]", "float32", [2, 2], [1, 2, 3, 4]],
    ["((1.5, 2.5),)", "int64", [1, 2], [1n, 2n]],
    ["9007199254740993", "int64", [], [9007199254740993n]],
    ["[True, False, 2, 0.0]", "bool", [4], [1, 0, 1, 0]],
    ["[True, None]", "float32", [2], [1, Number.NaN]],
    ["[]", "float32", [0], []],
    ["[[], []]", "float32", [2, 0], []],
    ["['a', b'b', '\u00e9']", "string", [3], ["a", "b", "\u00e9"]],
    ["'text'", "string", [], ["text"]],
  ] as const)("makes %s a tensor of %s", (text, dtype, shape, elements) => {
    expect(convert(text, dtype)).toEqual({ shape, elements });
  });

  it.each([
    ["[[1], [1, 2]]", "float32", "its nested lists differ in length"],
    ["[1, [2]]", "float32", "its nested lists differ in length"],
    ["[[1], 2]", "float32", "its nested lists differ in length"],
    ["300", "uint8", "Python integer 300 out of bounds for uint8"],
    ["-1", "uint64", "Python integer -1 out of bounds for uint64"],
    ["9223372036854775808", "int64", "Python integer 9223372036854775808 out of bounds for int64"],
    ["'a'", "float32", "it holds a str, not a number"],
    ["{1: 2}", "float32", "it holds a dict, not a number"],
    ["[1]", "string", "it holds a int, not a string"],
    ["None", "int32", "it holds None"],
  ] as const)("refuses %s as a tensor of %s", (text, dtype, reason) => {
    expect(convert(text, dtype)).toBe(`x: ${reason}; the signature wants ${dtype}`);
  });
});
