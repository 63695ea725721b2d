import { describe, expect, it } from "vitest";
import { parseBytes } from "./parse-bytes.ts";

describe("a size", () => {
  it.each([
    ["4096", 4096],
    ["500MB", 5e8],
    ["1.5 GiB", 1.5 * 2 ** 30],
    ["10kB", 1e4],
  ])("%s", (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it.each(["", "MB", "-1", "0", "1e9", "5 XB", "1GBs", "0.1"])("is not %j", (text) => {
    expect(() => parseBytes(text)).toThrow("A size is wanted");
  });
});
