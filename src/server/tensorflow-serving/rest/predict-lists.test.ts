// Lists that the scanner goes through by itself, beside the same text fed byte by byte, of which the scanner takes
// nothing: values, shapes and messages have to be the same, wherever the text is cut, also where lists are ragged.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DType } from "../../../tensor/dtype.ts";
import { read } from "../../testing/read-body.ts";

const number = fc.oneof(
  fc.integer({ min: -300, max: 300 }).map(String),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom("0", "-0.0", "1e2", "NaN", "true", "9007199254740993", "1.00000000000000000000001"),
);
const plain = fc.integer({ min: 0, max: 99 }).map(String);
const blanks = fc.constantFrom("", "", "", " ", "\n  ");

/** Text of nested lists of a shape. */
function nested(shape: readonly number[], write: () => string, blank: () => string): string {
  const [size, ...rest] = shape;
  if (size === undefined) return write();
  const parts = Array.from({ length: size }, () => nested(rest, write, blank));
  return `[${blank()}${parts.join(`,${blank()}`)}${blank()}]`;
}

const lists = fc
  .record({
    shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
    numbers: fc.infiniteStream(fc.oneof({ weight: 30, arbitrary: plain }, { weight: 1, arbitrary: number })),
    blanks: fc.infiniteStream(blanks),
  })
  .map((parts) =>
    nested(
      parts.shape,
      () => parts.numbers.next().value ?? "",
      () => parts.blanks.next().value ?? "",
    ),
  );

/** Some text with a few characters in it changed, so that sizes and depths no longer agree. */
const damaged = fc
  .tuple(
    lists,
    fc.array(fc.tuple(fc.nat(), fc.constantFrom("", "[", "]", ",", "[]", "7", "],[", '"a"', "{}")), {
      maxLength: 2,
    }),
  )
  .map(([text, edits]) => {
    let result = text;
    for (const [place, what] of edits) {
      const at = place % result.length;
      result = result.slice(0, at) + what + result.slice(at + (what === "" ? 1 : 0));
    }
    return result;
  });

const dtypes = fc.constantFrom<DType>("float32", "float64", "int32", "int64", "uint8", "bool");

describe("lists of numbers", () => {
  it.each(["instances", "inputs"])("mean the same in %s, wherever they are cut", (member) => {
    fc.assert(
      fc.property(damaged, dtypes, fc.integer({ min: 2, max: 40 }), (text, dtype, piece) => {
        const body = `{"${member}": ${text}}`;
        const wanted = read({ x: dtype }, body, 1);
        expect(read({ x: dtype }, body)).toEqual(wanted);
        expect(read({ x: dtype }, body, piece)).toEqual(wanted);
      }),
      { numRuns: 1000 },
    );
  });

  it("are what JSON.parse makes of them", () => {
    for (const shape of [
      [3, 5],
      [2, 3, 4],
      [1, 1, 1, 7],
      [40, 1],
      [2, 1, 1, 1, 1, 1, 1, 3],
      [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2],
    ]) {
      let count = 0;
      const text = nested(
        shape,
        () => String(count++ / 4),
        () => "",
      );
      const values = Array.from({ length: count }, (_, index) => index / 4);
      for (const member of ["instances", "inputs"])
        expect(read({ x: "float32" }, `{"${member}":${text}}`)).toMatchObject({
          inputs: { x: { shape, values } },
        });
    }
  });

  it("may be rows of names, too", () => {
    const text = '{"instances":[{"x":[[1,2],[3,4]],"y":[5]},{"y":[6],"x":[[7,8],[9,10]]}]}';
    const wanted = {
      x: { shape: [2, 2, 2], values: [1, 2, 3, 4, 7, 8, 9, 10] },
      y: { shape: [2, 1], values: [5, 6] },
    };
    for (let piece = 1; piece < text.length; piece++)
      expect(read({ x: "float32", y: "int64" }, text, piece)).toMatchObject({
        inputs: { x: wanted.x, y: { shape: [2, 1], values: [5n, 6n] } },
      });
  });
});
