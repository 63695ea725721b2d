import * as fs from "node:fs";
import { describe, expect, it } from "vitest";
import type { DType } from "../../tensor/dtype.ts";
import { arrayText } from "./array-text.ts";

interface Case {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data?: string;
  readonly strings?: readonly string[];
  /** What NumPy prints. */
  readonly text: string;
}

const CASES = JSON.parse(
  fs.readFileSync(new URL("fixtures/array-text.json", import.meta.url), "utf8"),
) as Case[]; // written by conformance/fixtures/array_text.py

function print({ dtype, shape, data, strings }: Case): string {
  return arrayText({
    dtype,
    shape,
    data: Buffer.from(data ?? "", "base64"),
    ...(strings ? { strings: strings.map((text) => Buffer.from(text, "base64")) } : {}),
  });
}

describe("arrayText", () => {
  it.each([...new Set(CASES.map(({ dtype }) => dtype))])("prints %s arrays as NumPy does", (dtype) => {
    const cases = CASES.filter((entry) => entry.dtype === dtype);
    expect(cases.length).toBeGreaterThan(3);
    for (const entry of cases) expect(print(entry)).toBe(entry.text);
  });

  it("does not know complex numbers, which models carry as pairs of floats", () => {
    const value = { dtype: "complex64" as const, shape: [1], data: new Uint8Array(8) };
    expect(() => arrayText(value)).toThrow(RangeError);
  });
});
