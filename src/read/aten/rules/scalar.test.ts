import ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { encodeOnnx } from "../../../write/onnx/encode-graph.ts";
import { lowerAten } from "../lower.ts";
import { parseProgram } from "../text/parse-program.ts";

it.each([
  [7, 11], // 11.9
  [10, 17],
])("a size of %i times 1.7 is the size %i", async (size, scaled) => {
  const program = parseProgram(`
    input x: float32[size]
    {width} = torch::sym_float(a={size})
    {product} = _operator::mul(a={width}, b=1.7)
    {expr_0} = math::trunc(x={product})
    %y: float32[expr_0] = aten::zeros.default(size=[{expr_0}])
    return output_0=%y
  `);
  const session = await ort.InferenceSession.create(encodeOnnx(lowerAten(program), () => undefined));
  const { output_0: output } = await session.run({
    x: new ort.Tensor("float32", new Float32Array(size), [size]),
  });
  await session.release();
  expect(output?.dims).toEqual([scaled]);
});
