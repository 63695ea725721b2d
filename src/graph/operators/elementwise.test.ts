import { describe, expect, test } from "vitest";
import { inferText } from "../testing/infer-text.ts";
import { BINARY } from "./binary.ts";
import { UNARY } from "./unary.ts";

const TESTS = new Set(["Not", "IsNaN", "IsInf"]);

test.each(UNARY.map(({ op }) => op))("%s keeps the shape", (op) => {
  const dtype = op === "Not" ? "bool" : op === "BitwiseNot" ? "int32" : "float32";
  const [type] = inferText(`x: ${dtype}[n, 3]`, `y = ${op}(x)`);
  expect(type).toBe(`${TESTS.has(op) ? "bool" : dtype}[n, 3]`);
});

test.each(BINARY.map(({ op }) => op))("%s broadcasts", (op) => {
  const dtype = ["And", "Or", "Xor"].includes(op) ? "bool" : op === "StringConcat" ? "string" : "int64";
  const compares = /Equal|Greater|Less|And|Or|Xor/.test(op) && !op.startsWith("Bitwise");
  const [type] = inferText(`a: ${dtype}[n, 1, 3], b: ${dtype}[m, 3]`, `y = ${op}(a, b)`);
  expect(type).toBe(`${compares ? "bool" : dtype}[n, m, 3]`);
});

describe("contents", () => {
  const shape = (op: string, constant: string) =>
    inferText("x: float32[batch, 8]", `k: int64[2] = [${constant}]`, "s = Shape(x)", `y = ${op}(s, k)`)[0];

  test.each([
    ["Add", "1, 1", "[batch + 1, 9]"],
    ["Sub", "0, 3", "[batch, 5]"],
    ["Mul", "2, -1", "[2*batch, -8]"],
    ["Div", "2, 3", "[floordiv(batch, 2), 2]"],
    ["Mod", "4, 3", "[batch - 4*floordiv(batch, 4), 2]"],
    ["Max", "1, 9", "[max(1, batch), 9]"],
    ["Min", "1, 9", "[min(1, batch), 8]"],
    ["Pow", "1, 2", "[batch, 64]"],
    ["Equal", "-1, 8", "[0, 1]"],
    ["Less", "0, 9", "[0, 1]"],
    ["GreaterOrEqual", "0, 9", "[1, 0]"],
  ])("of %s with [%s]", (op, constant, contents) => {
    expect(shape(op, constant)).toMatch(new RegExp(`= ${contents.replaceAll(/[[\]()*+]/g, "\\$&")}$`));
  });

  test("are unknown where the symbol decides", () => {
    expect(shape("Equal", "4, 8")).toBe("bool[2]");
    expect(shape("Less", "4, 8")).toBe("bool[2]");
  });

  test("integer division rounds towards zero, remainder has the divisor's sign, fmod the dividend's", () => {
    const of = (statement: string) =>
      inferText("", "a: int64[2] = [-7, 7]", "b: int64[2] = [2, -3]", statement)[0];
    expect(of("y = Div(a, b)")).toBe("int64[2] = [-3, -2]");
    expect(of("y = Mod(a, b)")).toBe("int64[2] = [1, -2]");
    expect(of("y = Mod(a, b) {fmod = 1}")).toBe("int64[2] = [-1, 1]");
  });

  test("that overflow their dtype are unknown", () => {
    expect(inferText("", "a: int8[1] = [100]", "y = Add(a, a)")).toEqual(["int8[1]"]);
    expect(inferText("", "a: uint8[1] = [0]", "b: uint8[1] = [1]", "y = Sub(a, b)")).toEqual(["uint8[1]"]);
  });

  test("of floats are rounded as the engines round them", () => {
    expect(inferText("", "a: float32[] = [1.0]", "b: float32[] = [3.0]", "y = Div(a, b)")).toEqual([
      `float32[] = [${Math.fround(1 / 3)}]`,
    ]);
    expect(inferText("", "a: float32[] = [2.0]", "y = Sqrt(a)")).toEqual([
      `float32[] = [${Math.fround(Math.SQRT2)}]`,
    ]);
    expect(inferText("", "a: float32[3] = [0.5, 1.5, -2.5]", "y = Round(a)")).toEqual([
      "float32[3] = [0, 2, -2]",
    ]);
    expect(inferText("", "a: float32[] = [1.0]", "y = Exp(a)")).toEqual(["float32[]"]);
  });
});

test("Where takes from both by a known condition", () => {
  expect(
    inferText(
      "x: float32[n, 4]",
      "k: int64[2] = [-1, 4]",
      "s = Shape(x)",
      "c = Equal(k, k)",
      "y = Where(c, s, k)",
    ),
  ).toEqual(["int64[2] = [n, 4]"]);
  expect(inferText("c: bool[n, 1], a: float32[3], b: float32[1]", "y = Where(c, a, b)")).toEqual([
    "float32[n, 3]",
  ]);
});

test("Clip keeps the shape and clips contents; absent bounds do nothing", () => {
  const values = ["a: int64[3] = [-5, 1, 9]", "low: int64[] = [0]", "high: int64[] = [4]"];
  expect(inferText("", ...values, "y = Clip(a, low, high)")).toEqual(["int64[3] = [0, 1, 4]"]);
  expect(inferText("", ...values, "y = Clip(a, _, high)")).toEqual(["int64[3] = [-5, 1, 4]"]);
  expect(inferText("x: float32[n]", "y = Clip(x)")).toEqual(["float32[n]"]);
});

test("Cast carries sizes through floats and truncates", () => {
  expect(
    inferText("x: float32[n, 4]", "s = Shape(x)", "f = Cast(s) {to = 1}", "y = Cast(f) {to = 7}"),
  ).toEqual(["int64[2] = [n, 4]"]);
  expect(inferText("", "a: float32[2] = [2.7, -2.7]", "y = Cast(a) {to = 7}")).toEqual([
    "int64[2] = [2, -2]",
  ]);
  expect(inferText("", "a: int64[2] = [0, 5]", "y = Cast(a) {to = 9}")).toEqual(["bool[2] = [0, 1]"]);
  expect(inferText("x: int64[n], like: float16[]", "y = CastLike(x, like)")).toEqual(["float16[n]"]);
});
