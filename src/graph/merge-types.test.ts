import { expect, test } from "vitest";
import { mergeTypes } from "./merge-types.ts";
import { lex, TokenReader } from "./text/lex.ts";
import { parseType } from "./text/parse-type.ts";
import { typeText } from "./type.ts";

const type = (text: string) => parseType(new TokenReader(lex(text)));
const fresh = (name: string) => name.startsWith("unknown");

test.each([
  ["float32[...]", "float32[n, 3]", "float32[n, 3]"],
  ["float32[n, 3]", "float32[...]", "float32[n, 3]"],
  ["float32[m, 3]", "float32[unknown_0, 3]", "float32[m, 3]"],
  ["float32[m, 3]", "float32[n, 3]", "float32[n, 3]"],
  ["float32[m, 4]", "float32[unknown_0 + 1, unknown_1]", "float32[m, 4]"],
  ["float32[1, 3]", "float32[n, 3]", "float32[n, 3]"],
  ["float32[n, 3]", "float32[2, 3]", "float32[2, 3]"],
])("declared %s and inferred %s is %s", (declared, inferred, merged) => {
  const result = mergeTypes(type(declared), type(inferred), fresh);
  expect(typeText(result.type)).toBe(merged);
  expect(result.contradiction).toBeUndefined();
});

test.each([
  ["float32[2]", "float64[2]"],
  ["float32[2]", "float32[3]"],
  ["float32[2]", "float32[2, 1]"],
  ["sequence(float32[2])", "float32[2]"],
])("declared %s contradicts inferred %s, which wins", (declared, inferred) => {
  const result = mergeTypes(type(declared), type(inferred), fresh);
  expect(result).toEqual({ type: type(inferred), contradiction: true });
});
