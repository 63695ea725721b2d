import * as fs from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PythonValue, parsePythonLiteral } from "./parse-literal.ts";

const CASES = JSON.parse(fs.readFileSync(new URL("fixtures/literals.json", import.meta.url), "utf8")) as {
  expression: string;
  value: unknown;
}[]; // written by conformance/fixtures/python_literals.py

/** The form of the fixture: numbers as texts that both languages write alike, bytes as hex. */
function comparable(value: PythonValue): unknown {
  switch (value.type) {
    case "int":
      return { type: "int", value: String(value.value) };
    case "float":
      return { type: "float", value: Object.is(value.value, -0) ? "-0" : String(value.value) };
    case "bytes":
      return { type: "bytes", value: Buffer.from(value.value).toString("hex") };
    case "dict":
      return { type: "dict", entries: value.entries.map((pair) => pair.map(comparable)) };
    case "list":
    case "tuple":
    case "set":
      return { type: value.type, items: value.items.map(comparable) };
    default:
      return value;
  }
}

/** Python's repr of a float as JavaScript writes it. */
function normalized(text: string): string {
  return JSON.stringify(JSON.parse(text), (_, node) => {
    if (node?.type !== "float") return node;
    const number = Number(node.value === "inf" ? "Infinity" : node.value);
    return { type: "float", value: Object.is(number, -0) ? "-0" : String(number) };
  });
}

describe("parsePythonLiteral", () => {
  it.each(CASES)("reads $expression as Python does", ({ expression, value }) => {
    const found = parsePythonLiteral(expression);
    if (value === null) expect(found).toBeUndefined();
    else expect(JSON.stringify(found && comparable(found))).toBe(normalized(JSON.stringify(value)));
  });

  it("refuses what is nested too deeply, without exhausting the stack", () => {
    expect(parsePythonLiteral(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)).toBeUndefined();
    expect(parsePythonLiteral("-".repeat(100_000))).toBeUndefined();
  });

  it("answers any text with a value or undefined", () => {
    const pieces = fc.constantFrom(
      "[",
      "]",
      "(",
      ")",
      "{",
      "}",
      ",",
      ":",
      "1",
      ".5",
      "e",
      "'",
      '"',
      "\\",
      "x",
      "b",
      " ",
      "-",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
        parsePythonLiteral(parts.join(""));
      }),
    );
  });
});
