import { describe, expect, it } from "vitest";
import { numbersOf, tensorOfNumbers } from "../tensor/numbers.ts";
import { repeatedRows } from "./repeated-rows.ts";

const rowsOf = (numbers: readonly number[], shape: readonly number[], axis: number, batch: number) =>
  repeatedRows(tensorOfNumbers("int64", shape, numbers), axis, batch);

describe("rows of a constant", () => {
  it("that are equal become one", () => {
    const rows = rowsOf([7, 8, 7, 8, 7, 8], [3, 2], 0, 3);
    expect([rows?.kind, rows?.row.shape, rows && numbersOf(rows.row)]).toEqual(["blocks", [1, 2], [7, 8]]);
  });

  it("that are equal on an axis behind others become one there", () => {
    const rows = rowsOf([1, 1, 2, 2], [2, 2, 1], 1, 2);
    expect([rows?.kind, rows?.row.shape, rows && numbersOf(rows.row)]).toEqual(["blocks", [2, 1, 1], [1, 2]]);
  });

  it("may be blocks, the batch outermost, or runs, the batch innermost", () => {
    const blocks = rowsOf([5, 6, 5, 6], [4], 0, 2);
    expect([blocks?.kind, blocks?.row.shape]).toEqual(["blocks", [2]]);
    const runs = rowsOf([5, 5, 6, 6], [4], 0, 2);
    expect([runs?.kind, runs?.row.shape, runs && numbersOf(runs.row)]).toEqual(["runs", [2, 1], [5, 6]]);
  });

  it("may count, each element by its own step", () => {
    const rows = rowsOf([3, 9, 5, 9, 7, 9], [3, 2], 0, 3);
    if (rows?.kind !== "counted") throw new Error(`rows count, they are not ${rows?.kind}`);
    expect([numbersOf(rows.row), numbersOf(rows.step)]).toEqual([
      [3, 9],
      [2, 0],
    ]);
  });

  it("that differ are none", () => {
    expect(rowsOf([1, 2, 4], [3], 0, 3)).toBeUndefined();
    expect(repeatedRows(tensorOfNumbers("float32", [3], [1, 2, 3]), 0, 3)).toBeUndefined();
    expect(rowsOf([1, 2, 3], [3], 0, 2)).toBeUndefined();
  });
});
