import { describe, expect, it } from "vitest";
import type { DType } from "../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import { tensorSummary } from "./tensor-summary.ts";

const summary = (dtype: DType, shape: readonly number[], numbers: readonly number[]) =>
  tensorSummary(tensorOfNumbers(dtype, shape, numbers));

describe("tensorSummary", () => {
  it("tells few elements, and what many are alike in", () => {
    expect(summary("int64", [], [7])).toBe("int64[] 7");
    expect(summary("float32", [3], [0.5, -1, 2])).toBe("float32[3] [0.5, -1, 2]");
    expect(summary("float32", [2, 0], [])).toBe("float32[2, 0] empty");
    expect(summary("float32", [2, 2], [0, 0, 0, 0])).toBe("float32[2, 2] zeros");
    expect(summary("int32", [9], new Array(9).fill(4))).toBe("int32[9] all 4");
    expect(summary("int32", [9], [...new Array(9).keys()])).toBe("int32[9] from 0 to 8");
  });
});
