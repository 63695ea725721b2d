import ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { encodeOnnx } from "../../../write/onnx/encode-graph.ts";
import { lowerAten } from "../lower.ts";
import { parseProgram } from "../text/parse-program.ts";

/** Means of the windows [floor(i m / n), ceil((i + 1) m / n)) of one axis. */
function pooled(row: readonly number[], target: number): number[] {
  return Array.from({ length: target }, (_, at) => {
    const start = Math.floor((at * row.length) / target);
    const window = row.slice(start, Math.ceil(((at + 1) * row.length) / target));
    return window.reduce((sum, x) => sum + x, 0) / window.length;
  });
}

function transposed(rows: readonly (readonly number[])[]): number[][] {
  return (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] as number)); // rows of one length
}

it.each([
  [5, 9],
  [3, 4],
  [2, 1],
])("pools a free size of %i by %i to a fixed one", async (height, width) => {
  const program = parseProgram(`
    input x: float32[1, 1, height, width]
    pool: float32[1, 1, 3, 4] = aten::adaptive_avg_pool2d.default(self=%x, output_size=[3, 4])
    return output_0=%pool
  `);
  const rows = Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => y * y + 3 * x),
  );
  const session = await ort.InferenceSession.create(encodeOnnx(lowerAten(program), () => undefined));
  const feed = new ort.Tensor("float32", Float32Array.from(rows.flat()), [1, 1, height, width]);
  const { output_0: output } = await session.run({ x: feed });
  await session.release();
  const want = transposed(transposed(rows.map((row) => pooled(row, 4))).map((column) => pooled(column, 3)));
  expect(output?.dims).toEqual([1, 1, 3, 4]);
  for (const [at, value] of want.flat().entries()) expect(output?.data[at]).toBeCloseTo(value, 4);
});
