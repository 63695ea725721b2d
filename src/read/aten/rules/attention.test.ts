import ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { encodeOnnx } from "../../../write/onnx/encode-graph.ts";
import { lowerAten } from "../lower.ts";
import { parseProgram } from "../text/parse-program.ts";

it.each([1, 4])("scales by a width of heads that only a run tells: %i", async (width) => {
  const program = parseProgram(`
    input q: float32[1, 1, width]
    input k: float32[1, 2, width]
    input v: float32[1, 2, 1]
    %y: float32[1, 1, 1] = aten::scaled_dot_product_attention.default(query=%q, key=%k, value=%v)
    return output_0=%y
  `);
  const session = await ort.InferenceSession.create(encodeOnnx(lowerAten(program), () => undefined));
  const tensor = (numbers: readonly number[], shape: readonly number[]) =>
    new ort.Tensor("float32", Float32Array.from(numbers), shape);
  const ones = new Array<number>(width).fill(1);
  const { output_0: output } = await session.run({
    q: tensor(ones, [1, 1, width]),
    k: tensor([...ones, ...ones.map(() => 0)], [1, 2, width]),
    v: tensor([1, 0], [1, 2, 1]),
  });
  await session.release();
  expect(output?.data[0]).toBeCloseTo(1 / (1 + Math.exp(-Math.sqrt(width))), 6); // softmax of sqrt(width) and 0
});
