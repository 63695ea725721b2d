import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TensorValue } from "../../engine/engine.ts";
import { inSlices } from "../slices.ts";
import { stringTensor } from "../testing/example-model.ts";
import { joinRows, rowsOf } from "./join-rows.ts";

/** Bytes 0, 1, 2, ... from a mark on. */
function marked(dtype: "int16" | "uint8", shape: readonly number[], mark: number): TensorValue {
  const width = dtype === "int16" ? 2 : 1;
  const count = shape.reduce((all, size) => all * size, width);
  return { dtype, shape, data: Uint8Array.from({ length: count }, (_, at) => mark + at) };
}

describe("joinRows and rowsOf", () => {
  it("are each other's opposite, whatever the sizes", async () => {
    const request = fc.record({
      rows: fc.integer({ min: 1, max: 4 }),
      mark: fc.integer({ min: 0, max: 200 }),
    });
    const sizes = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 1, maxLength: 5 }),
        sizes,
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom("int16" as const, "uint8" as const),
        async (requests, rowShape, padding, dtype) => {
          const ranges = requests.map(({ rows, mark }) => ({
            tensor: marked(dtype, [rows, ...rowShape], mark),
            from: 0,
            rows,
          }));
          const total = requests.reduce((sum, { rows }) => sum + rows, 0);
          const joined = await inSlices(joinRows(ranges, total + padding));
          expect(joined.shape).toEqual([total + padding, ...rowShape]);
          let at = 0;
          for (const { tensor, rows } of ranges) {
            const own = rowsOf(joined, at, rows);
            expect(own.shape).toEqual(tensor.shape);
            expect([...own.data]).toEqual([...tensor.data]);
            expect(own.data.buffer).toBe(joined.data.buffer);
            at += rows;
          }
          const last = ranges.at(-1)?.tensor ?? joined;
          for (; at < total + padding; at++) {
            expect([...rowsOf(joined, at, 1).data]).toEqual([...rowsOf(last, 0, 1).data]);
          }
        },
      ),
    );
  });

  it("gives others a turn while it copies much", () => {
    const much = { tensor: marked("uint8", [4, 2 ** 20], 0), from: 0, rows: 4 };
    const work = joinRows([much, much], 8);
    let turns = 0;
    while (!work.next().done) turns++;
    expect(turns).toBeGreaterThanOrEqual(15);
  });

  it("pads axes in the middle and at the end", async () => {
    const small = { tensor: marked("uint8", [1, 1, 2], 7), from: 0, rows: 1 };
    const large = { tensor: marked("uint8", [1, 2, 3], 1), from: 0, rows: 1 };
    const joined = await inSlices(joinRows([small, large], 2));
    expect(joined.shape).toEqual([2, 2, 3]);
    expect([...joined.data]).toEqual([7, 8, 7, 7, 7, 7, 1, 2, 3, 4, 5, 6]);
  });

  it("takes some rows of a tensor, also where they are padded", async () => {
    const tensor = marked("uint8", [3, 2], 1);
    const part = { tensor, from: 1, rows: 2 };
    expect([...(await inSlices(joinRows([part], 2))).data]).toEqual([3, 4, 5, 6]);
    const wide = { tensor: marked("uint8", [1, 3], 20), from: 0, rows: 1 };
    expect([...(await inSlices(joinRows([part, wide], 3))).data]).toEqual([3, 4, 1, 5, 6, 1, 20, 21, 22]);
  });

  it("joins strings", async () => {
    const ranges = [
      { tensor: stringTensor([2, 1], ["a", "b"]), from: 0, rows: 2 },
      { tensor: stringTensor([1, 2], ["c", "d"]), from: 0, rows: 1 },
    ];
    const joined = await inSlices(joinRows(ranges, 4));
    const texts = (value: TensorValue): string[] =>
      (value.strings ?? []).map((text) => Buffer.from(text).toString());
    expect(texts(joined)).toEqual(["a", "a", "b", "a", "c", "d", "c", "d"]);
    expect(texts(rowsOf(joined, 2, 1))).toEqual(["c", "d"]);
  });
});
