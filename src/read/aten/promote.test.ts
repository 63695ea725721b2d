import { describe, expect, it } from "vitest";
import type { DType } from "../../tensor/dtype.ts";
import { type Operand, promote } from "./promote.ts";

const dims = (dtype: DType): Operand => ({ dtype, rank: "dims" });
const scalar = (dtype: DType): Operand => ({ dtype, rank: "scalar" });
const number = (dtype: DType): Operand => ({ dtype, rank: "number" });

/** Each line is torch.result_type of the operands, looked up in torch 2.15. */
const CASES: readonly [readonly Operand[], DType][] = [
  [[dims("int32"), number("float32")], "float32"],
  [[dims("float16"), number("int64")], "float16"],
  [[dims("float16"), scalar("float32")], "float16"],
  [[dims("float16"), dims("float32")], "float32"],
  [[dims("float16"), dims("bfloat16")], "float32"],
  [[dims("uint8"), dims("int8")], "int16"],
  [[dims("uint8"), dims("int64")], "int64"],
  [[dims("int64"), scalar("float64")], "float64"],
  [[dims("bool"), number("int64")], "int64"],
  [[dims("bool"), dims("uint8")], "uint8"],
  [[dims("float64"), number("complex64")], "complex128"],
  [[dims("float32"), dims("complex64")], "complex64"],
  [[scalar("int64"), number("bool")], "int64"],
];

describe("promote", () => {
  it.each(CASES)("%j gives %s", (operands, result) => {
    expect(promote(operands)).toBe(result);
    expect(promote([...operands].reverse())).toBe(result);
  });
});
