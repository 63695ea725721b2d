import { describe, expect, it } from "vitest";
import { signature, spec } from "../testing/half-plus-two.ts";
import { breakingChanges, type Signatures } from "./breaking-changes.ts";

const byName = (...all: ReturnType<typeof signature>[]): Signatures =>
  new Map(all.map((one) => [one.name, one]));
const x = spec("x", "float32", [-1, 3]);
const y = spec("y", "float32", [-1, 2]);
const before = byName(signature("s", [x], [y]));
const changesTo = (inputs: (typeof x)[], outputs: (typeof x)[]) =>
  breakingChanges(before, byName(signature("s", inputs, outputs)));

describe("what breaks clients", () => {
  it("is not what stays, comes beside it, or takes more than before", () => {
    expect(changesTo([x], [y])).toEqual([]);
    expect(changesTo([x], [y, spec("z", "int64", [])])).toEqual([]);
    expect(changesTo([spec("x", "float32", [-1, -1])], [y])).toEqual([]);
    expect(changesTo([spec("x", "float32", undefined)], [y])).toEqual([]);
    expect(breakingChanges(before, byName(signature("s", [x], [y]), signature("t", [], [])))).toEqual([]);
  });

  it.each([
    [[], [y], ["input 'x' of 's' is gone"]],
    [[x], [], ["output 'y' of 's' is gone"]],
    [[x, spec("w", "int32", [])], [y], ["input 'w' of 's' is new, and clients do not send it"]],
    [[spec("x", "float64", [-1, 3])], [y], ["input 'x' of 's' was DT_FLOAT and is DT_DOUBLE"]],
    [[spec("x", "float32", [1, 3])], [y], ["input 'x' of 's' had the shape [-1,3] and has [1,3]"]],
    [[spec("x", "float32", [-1])], [y], ["input 'x' of 's' had the shape [-1,3] and has [-1]"]],
    [[x], [spec("y", "float32", [-1, 5])], ["output 'y' of 's' had the shape [-1,2] and has [-1,5]"]],
    [[x], [spec("y", "float32", undefined)], ["output 'y' of 's' had the shape [-1,2] and has <unknown>"]],
  ])("%#", (inputs, outputs, changes) => {
    expect(changesTo(inputs, outputs)).toEqual(changes);
  });

  it("is a signature that is gone", () => {
    expect(breakingChanges(before, byName(signature("t", [x], [y])))).toEqual(["signature 's' is gone"]);
  });
});
