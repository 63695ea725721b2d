// Texts of symbolic expressions, in both spellings, as dimensions.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Dim, substitute } from "../../graph/dim.ts";
import { evaluateExpression } from "./evaluate-expression.ts";
import { parseExpression } from "./expression-text.ts";

function dim(text: string): Dim | undefined {
  const expression = parseExpression(text);
  return expression && evaluateExpression(expression);
}

const S = "Symbol('s0', positive=True, integer=True)";

describe("expressions", () => {
  it.each([
    [S, "s0"],
    ["Integer(3)", "3"],
    [`Add(Mul(Integer(4), ${S}), Integer(1))`, "4*s0 + 1"],
    [`Add(${S}, Integer(-1))`, "s0 - 1"],
    [`Pow(${S}, Integer(2))`, "s0*s0"],
    [`Mul(Rational(1, 2), ${S}, Integer(4))`, "2*s0"],
    [`FloorDiv(${S}, Integer(2))`, "floordiv(s0, 2)"],
    [`TruncToInt(IntTrueDiv(${S}, Integer(2)))`, "floordiv(s0, 2)"],
    [`CeilToInt(IntTrueDiv(${S}, Integer(2)))`, "floordiv(s0 + 1, 2)"],
    [`FloorToInt(Mul(Float('1.5', precision=53), ToFloat(${S})))`, "floordiv(3*s0, 2)"],
    [`ModularIndexing(${S}, Integer(1), Integer(4))`, "-4*floordiv(s0, 4) + s0"],
    [`Mul(Integer(5), Max(Integer(1), Symbol('u0', integer=True)))`, "5*max(1, u0)"],
    ["4*s65 + 1", "4*s65 + 1"],
    ["s0 - 2*s1", "s0 - 2*s1"],
    ["-(s0 - 1)", "-s0 + 1"],
    ["(s0//4) + Mod(s0, 3)", "-3*floordiv(s0, 3) + floordiv(s0, 4) + s0"],
    ["(s0 + 1) % 2", "-2*floordiv(s0 + 1, 2) + s0 + 1"],
    ["s0**2 - 1", "s0*s0 - 1"],
    ["Min(s0, 16)", "min(16, s0)"],
    ["2*floordiv(s0, 2) + mod(max(1, s1), 3)", "-3*floordiv(max(1, s1), 3) + 2*floordiv(s0, 2) + max(1, s1)"],
  ])("%s is %s", (text, wanted) => {
    expect(String(dim(text))).toBe(wanted);
  });

  it.each([
    "Where(f(s0), 2, 3)",
    "Where(s0, 2, 3)",
    "Eq(s0, 1)",
    `IntTrueDiv(${S}, Integer(2))`,
    `Pow(${S}, Rational(1, 2))`,
    "s0 >= 2",
    "FloorDiv(s0, 0)",
    "s0 +",
    "f(",
    "",
    "s0 s1",
    "a ? b",
    `${"(".repeat(9)}a + b${")**8".repeat(9)}`,
    `${"(".repeat(500)}s0${")".repeat(500)}`,
  ])("%s is no dimension", (text) => {
    expect(dim(text)).toBeUndefined();
  });

  it.each([200, 5000, 100_000])("a sum of %i symbols is no dimension", (length) => {
    expect(dim(Array.from({ length }, (_, index) => `s${index}`).join(" + "))).toBeUndefined();
  });

  it.each([
    ["Where(Eq(s0, 1), 2, s0)", [0, 2, 2, 3]],
    ["Where(s0 != 2, 5, 7)", [5, 5, 7, 5]],
    ["Where(And(s0 >= 1, s0 < 3), 1, 0)", [0, 1, 1, 0]],
    ["Where(Or(Not(s0 > 0), Le(3, s0)), 1, 0)", [1, 0, 0, 1]],
    [
      `Piecewise(ExprCondPair(Integer(4), StrictLessThan(${S}, Integer(2))), ExprCondPair(${S}, true))`,
      [4, 4, 2, 3],
    ],
    [`RoundToInt(IntTrueDiv(${S}, Integer(2)))`, [0, 0, 1, 2]],
    [`RoundToInt(Mul(Float('1.75', precision=53), ToFloat(${S})))`, [0, 2, 4, 5]],
    ["Abs(s0 - 2)", [2, 1, 0, 1]],
  ])("%s is %j for 0 to 3", (text, wanted) => {
    const found = dim(text);
    expect(wanted.map((_, s0) => substitute(found ?? Number.NaN, () => s0))).toEqual(wanted);
  });

  it("reads what windows over a free height make of it", () => {
    let text = "s0";
    for (let stage = 0; stage < 6; stage++) text = `FloorDiv(Add(${text}, Mod(${text}, 2), 1), 2)`;
    const found = dim(text);
    expect(text.length).toBeGreaterThan(1500);
    expect(found && substitute(found, () => 1000)).toBe(16);
  });

  it("keys of dimensions read back", () => {
    for (const text of ["s0 - 1", "-s0 + 1", "3*s0*s1 - 2*s2", "min(16, s0)", "mod(s0 + 1, s1)"]) {
      expect(String(dim(text))).toBe(text);
    }
  });

  it("means what Python computes", () => {
    const leaf = fc.oneof(fc.integer({ min: -9, max: 9 }).map(String), fc.constantFrom("a", "b"));
    const { text } = fc.letrec<{ text: string }>((tie) => ({
      text: fc.oneof(
        { maxDepth: 4 },
        leaf.map((literal) => `(${literal})`),
        fc
          .tuple(tie("text"), fc.constantFrom("+", "-", "*"), tie("text"))
          .map(([x, operator, y]) => `(${x} ${operator} ${y})`),
        fc.tuple(tie("text"), fc.integer({ min: 1, max: 5 })).map(([x, y]) => `(${x} // ${y})`),
      ),
    }));
    fc.assert(
      fc.property(text, fc.nat(20), fc.nat(20), (expression, a, b) => {
        const value = substitute(dim(expression) ?? Number.NaN, (name) => (name === "a" ? a : b));
        expect(value).toBe(pythonValue(expression, a, b));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it("takes any text without throwing", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9_()+\-*/%,='. ]{0,60}$/), (text) => {
        dim(text);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

/** Evaluates a fully parenthesised expression without the parser under test. */
function pythonValue(text: string, a: number, b: number): number {
  const inner = /\(([^()]+)\)/;
  let rest = text;
  for (let match = inner.exec(rest); match; match = inner.exec(rest)) {
    const [x = "", operator, y = ""] = (match[1] ?? "").split(" ");
    rest = rest.replace(match[0], String(apply(leafValue(x, a, b), operator, leafValue(y, a, b))));
  }
  return Number(rest);
}

function leafValue(text: string, a: number, b: number): number {
  if (text === "a") return a;
  return text === "b" ? b : Number(text);
}

function apply(x: number, operator: string | undefined, y: number): number {
  if (operator === "+") return x + y;
  if (operator === "-") return x - y;
  if (operator === "*") return x * y;
  return operator === "//" ? Math.floor(x / y) : x;
}
