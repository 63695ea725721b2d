import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("StringNormalizer", () => {
  it("drops words in any case, and leaves one empty string of none", () => {
    const text = `graph main(x: string[1, n]) -> (y) {
      y = StringNormalizer(x) {case_change_action = "UPPER", stopwords = ["a", "The"]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1])",
        "StringLower(Reshape) {encoding="utf-8"}",
        "Reshape(StringLower, [-1,1])",
        "StringLower(string[1,2]) {encoding="utf-8"}",
        "Equal(Reshape_1, StringLower_1)",
        "Any(Equal, [1])",
        "LogicalNot(Any)",
        "Where(LogicalNot)",
        "Reshape(Where, [-1])",
        "GatherV2(Reshape, Reshape_2, 0)",
        "Size(Reshape_2)",
        "Equal(Size, 0)",
        "Cast(Equal_1)",
        "Reshape(Cast, [1])",
        "Fill(Reshape_3, string[])",
        "ConcatV2(GatherV2, Fill, 0)",
        "StringUpper(ConcatV2) {encoding="utf-8"}",
        "ExpandDims(StringUpper, 0)",
        "Identity(ExpandDims)",
      ]
    `);
  });

  it("refuses a locale of its own", () => {
    const text = `graph main(x: string[n]) -> (y) {
      y = StringNormalizer(x) {locale = "tr_TR"}
    }`;
    expect(() => loweredText(text)).toThrow("is not English");
  });
});
