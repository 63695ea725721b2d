import { describe, expect, test } from "vitest";
import { rewritePass } from "../rewrite.ts";
import { afterPass } from "../testing/run-pass.ts";
import { SEQUENCES } from "./sequences.ts";

const PASS = rewritePass("test", SEQUENCES, { requires: [], ensures: [] });
const apart = (body: string, head = "x: float32[n, 5]") =>
  afterPass(PASS, `graph g(${head}) -> (y) {\n${body}\n}`).filter((line) => /= \w+\(/.test(line));

const LIST = "a = Relu(x)\nb = Neg(x)\ns = SequenceConstruct(a, b)";
const place = (at: number) => `p: int64[] = [${at}]`;

describe("sequences of known parts", () => {
  test.each([
    [0, "a"],
    [1, "b"],
    [-1, "b"],
  ])("part %i", (at, part) => {
    expect(apart(`${LIST}\n${place(at)}\ny = SequenceAt(s, p)`).at(-1)).toBe(`y = Identity(${part})`);
  });

  test("a place that is not there stays to fail where the model runs", () => {
    expect(apart(`${LIST}\n${place(2)}\ny = SequenceAt(s, p)`).at(-1)).toBe("y = SequenceAt(s, p)");
  });

  test.each([
    ["", "b, c"],
    [", p", "c, b"],
  ])("a part is put in: at%s", (argument, parts) => {
    const body = `a = Relu(x)\nb = Neg(x)\nc = Abs(x)\ns = SequenceConstruct(b)\n${place(0)}`;
    const lines = apart(`${body}\nt = SequenceInsert(s, c${argument})\ny = ConcatFromSequence(t) {axis = 0}`);
    expect(lines.at(-1)).toBe(`y = Concat(${parts}) {axis = 0}`);
  });

  test("a part is taken out, the last one by default", () => {
    const lines = apart(`${LIST}\nt = SequenceErase(s)\ny = ConcatFromSequence(t) {axis = 0, new_axis = 1}`);
    expect(lines.at(-1)).toMatch(/^y = Concat\(\w+\) \{axis = 0\}$/);
    expect(lines.join()).toContain("Unsqueeze(a");
    expect(lines.join()).not.toContain("Neg");
  });

  test("a sequence that begins empty", () => {
    const lines = apart("e = SequenceEmpty()\ns = SequenceInsert(e, x)\ny = SequenceLength(s)");
    expect(lines).toHaveLength(1);
  });
});

describe("SplitToSequence", () => {
  const split = (attributes: string, joined = 1) =>
    apart(`s = SplitToSequence(x) {${attributes}}\ny = ConcatFromSequence(s) {axis = ${joined}}`);

  test("into slices of one, with the axis and without", () => {
    expect(split("axis = 1")[0]).toMatch(/= Split\(x, /);
    expect(split("axis = 1").join()).not.toContain("Squeeze");
    expect(split("axis = 1, keepdims = 0", 0).filter((line) => /= Squeeze\(/.test(line))).toHaveLength(5);
  });

  test("into parts of one size, the last one smaller, and of given sizes", () => {
    const sizes = (argument: string) =>
      apart(`p: ${argument}\ns = SplitToSequence(x, p) {axis = 1}\ny = SequenceLength(s)`);
    expect(sizes("int64[] = [2]").join()).not.toContain("SplitToSequence");
    expect(sizes("int64[2] = [2, 3]").join()).not.toContain("SplitToSequence");
  });

  test("into a known number of parts of free sizes", () => {
    const body = "s = SplitToSequence(x, p) {axis = 1}\ny = SequenceLength(s)";
    expect(apart(body, "x: float32[n, 5], p: int64[3]")).toHaveLength(1);
    expect(apart(body, "x: float32[n, 5], p: int64[k]").join()).toContain("SplitToSequence");
  });

  test("not along an axis of free size", () => {
    expect(split("axis = 0").join()).toContain("SplitToSequence");
  });
});

describe("optionals", () => {
  test("what is in one", () => {
    expect(apart("o = Optional(x)\ny = OptionalGetElement(o)").at(-1)).toBe("y = Identity(x)");
    expect(apart("y = OptionalGetElement(x)").at(-1)).toBe("y = Identity(x)");
  });
  test("whether one is there", () => {
    expect(apart("y = OptionalHasElement(x)").at(-1)).toMatch(/^y = Identity\(/);
    expect(apart("y = OptionalHasElement()").at(-1)).toMatch(/^y = Identity\(/);
  });
});
