import { describe, expect, it } from "vitest";
import { listRepr, stringRepr } from "./repr.ts";

// The expected texts are what Python 3.11 prints for repr() of the same string.
describe("stringRepr", () => {
  it.each([
    ["serve", "'serve'"],
    ["it's", '"it\'s"'],
    ["both ' and \"", "'both \\' and \"'"],
    ["tab\tline\nback\\slash", "'tab\\tline\\nback\\\\slash'"],
    ["\x00\x7f\xa0", "'\\x00\\x7f\\xa0'"],
    ["\u00e9\u2603\u{1f600}", "'\u00e9\u2603\u{1f600}'"],
    ["\u2028\ue000", "'\\u2028\\ue000'"],
  ])("quotes %j", (text, expected) => {
    expect(stringRepr(text)).toBe(expected);
  });
});

describe("listRepr", () => {
  it("is a Python list", () => {
    expect(listRepr([])).toBe("[]");
    expect(listRepr(["serve", "gpu"])).toBe("['serve', 'gpu']");
  });
});
