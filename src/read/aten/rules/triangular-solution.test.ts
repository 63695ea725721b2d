import ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { encodeOnnx } from "../../../write/onnx/encode-graph.ts";
import { lowerAten } from "../lower.ts";
import { parseProgram } from "../text/parse-program.ts";

const ROWS = 5;
const at = (row: number, column: number) => row * ROWS + column;
/** The matrix that PyTorch sees in `full`, whose other side holds what must not be read. */
function triangle(
  full: Float64Array,
  upper: boolean,
  unit: boolean,
): (row: number, column: number) => number {
  return (row, column) => {
    if (row === column) return unit ? 1 : (full[at(row, row)] ?? 0);
    return upper === row < column ? (full[at(row, column)] ?? 0) : 0;
  };
}

const python = (flag: boolean): string => (flag ? "True" : "False");

async function solve(a: Float64Array, b: Float64Array, flags: string): Promise<Float64Array> {
  const program = parseProgram(`
    input a: float64[n, ${ROWS}, ${ROWS}]
    input b: float64[${ROWS}, ${ROWS}]
    %x: float64[n, ${ROWS}, ${ROWS}] = aten::linalg_solve_triangular.default(self=%a, B=%b, ${flags})
    return output_0=%x
  `);
  const session = await ort.InferenceSession.create(encodeOnnx(lowerAten(program), () => undefined));
  const { output_0: output } = await session.run({
    a: new ort.Tensor("float64", a, [1, ROWS, ROWS]),
    b: new ort.Tensor("float64", b, [ROWS, ROWS]),
  });
  await session.release();
  return output?.data as Float64Array; // as the program says
}

describe("a triangular system", () => {
  const every = [true, false].flatMap((upper) =>
    [true, false].flatMap((left) => [true, false].map((unit) => ({ upper, left, unit }))),
  );

  it.each(every)(
    "is solved: upper $upper, left $left, unitriangular $unit",
    async ({ upper, left, unit }) => {
      const a = Float64Array.from(
        { length: ROWS ** 2 },
        (_, i) => Math.sin(7 * i + 1) + (i % 6 === 0 ? 2 : 0),
      );
      const b = Float64Array.from({ length: ROWS ** 2 }, (_, i) => Math.cos(3 * i));
      const of = triangle(a, upper, unit);
      for (let i = 0; i < ROWS ** 2; i++) {
        const isOther = upper ? Math.floor(i / ROWS) > i % ROWS : Math.floor(i / ROWS) < i % ROWS;
        if (isOther) a[i] = Number.NaN;
      }
      const flags = `upper=${python(upper)}, left=${python(left)}, unitriangular=${python(unit)}`;
      const x = await solve(a, b, flags);
      const places = [...Array(ROWS).keys()];
      for (const row of places) {
        for (const column of places) {
          const product = places.reduce(
            (sum, k) =>
              sum + (left ? of(row, k) * (x[at(k, column)] ?? 0) : (x[at(row, k)] ?? 0) * of(k, column)),
            0,
          );
          expect(product).toBeCloseTo(b[at(row, column)] ?? 0, 12);
        }
      }
    },
  );

  it("is refused where its size is free", () => {
    const program = parseProgram(`
      input a: float32[n, n]
      input b: float32[n, 2]
      %x: float32[n, 2] = aten::linalg_solve_triangular.default(self=%a, B=%b, upper=True)
      return output_0=%x
    `);
    expect(() => lowerAten(program)).toThrow("a system of n rows; at most 512 are wanted");
  });
});
