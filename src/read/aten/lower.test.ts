import { describe, expect, it } from "vitest";
import { FerryError } from "../../core/errors.ts";
import { printGraph } from "../../graph/text.ts";
import { lowerAten } from "./lower.ts";
import { parseProgram } from "./text/parse-program.ts";

const lowered = (text: string) => printGraph(lowerAten(parseProgram(text)));

function problemsOf(text: string): string[] {
  try {
    lowerAten(parseProgram(text));
  } catch (error) {
    if (error instanceof FerryError) return error.problems.map((problem) => problem.message);
    throw error;
  }
  return [];
}

describe("lowerAten", () => {
  it("keeps names of weights, inputs and outputs, and an activation in place costs nothing", () => {
    const text = lowered(`
      input image: float32[batch, 3, 8, 8]
      weight p_conv features.0.weight: float32[4, 3, 3, 3]
      conv2d: float32[batch, 4, 8, 8] = aten::conv2d.default(input=%image, weight=%p_conv, bias=None, stride=[1, 1], padding=[1, 1])
      relu_: float32[batch, 4, 8, 8] = aten::relu_.default(self=%conv2d)
      flatten: float32[batch, 256] = aten::flatten.using_ints(self=%relu_, start_dim=1)
      return features=%flatten
    `);
    expect(text).toMatchInlineSnapshot(`
      "graph main(image: float32[batch, 3, 8, 8]) -> (features) {
        opset ai.onnx 21
        features.0.weight: float32[4, 3, 3, 3] = ...
        Reshape/constant: int64[2] = [0, 256]
        Conv: float32[batch, 4, 8, 8] = Conv(image, features.0.weight) {kernel_shape = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], group = 1}
        Relu: float32[batch, 4, 8, 8] = Relu(Conv)
        features: float32[batch, 256] = Reshape(Relu, Reshape/constant)
      }"
    `);
  });

  it("computes no size where Reshape can copy or infer it", () => {
    const text = lowered(`
      input x: float32[batch, time, 8]
      split: float32[batch, time, 2, 4] = aten::view.default(self=%x, size=[{batch}, {time}, 2, 4])
      turned: float32[batch, 2, time, 4] = aten::transpose.int(self=%split, dim0=1, dim1=2)
      return output_0=%turned
    `);
    expect(text).toMatchInlineSnapshot(`
      "graph main(x: float32[batch, time, 8]) -> (output_0) {
        opset ai.onnx 21
        Reshape/constant: int64[4] = [0, 0, 2, 4]
        Reshape: float32[batch, time, 2, 4] = Reshape(x, Reshape/constant)
        output_0: float32[batch, 2, time, 4] = Transpose(Reshape) {perm = [0, 2, 1, 3]}
      }"
    `);
  });

  it("computes sizes from the input where it must", () => {
    const text = lowered(`
      input x: float32[batch, 4]
      zeros: float32[batch, 3] = aten::zeros.default(size=[{batch}, 3])
      cat: float32[batch, 7] = aten::cat.default(tensors=[%x, %zeros], dim=1)
      return output_0=%cat
    `);
    expect(text).toMatchInlineSnapshot(`
      "graph main(x: float32[batch, 4]) -> (output_0) {
        opset ai.onnx 21
        Concat/constant: int64[1] = [3]
        Shape = Shape(x) {start = 0, end = 1}
        Concat = Concat(Shape, Concat/constant) {axis = 0}
        ConstantOfShape: float32[batch, 3] = ConstantOfShape(Concat) {value = float32[1] [0.0]}
        output_0: float32[batch, 7] = Concat(x, ConstantOfShape) {axis = 1}
      }"
    `);
  });

  it("gives outputs that are inputs, weights or given twice a node each, and keeps unused inputs", () => {
    const text = lowered(`
      input x: float32[2]
      input unused: int64[1]
      weight w scale: float32[2] = [1, 2]
      y: float32[2] = aten::mul.Tensor(self=%x, other=%w)
      return a=%x, b=%w, c=%y, d=%y
    `);
    expect(text).toMatchInlineSnapshot(`
      "graph main(x: float32[2], unused: int64[1]) -> (a, b, c, d) {
        opset ai.onnx 21
        scale: float32[2] = [1.0, 2.0]
        c: float32[2] = Mul(x, scale)
        a: float32[2] = Identity(x)
        b: float32[2] = Identity(scale)
        d: float32[2] = Identity(c)
      }"
    `);
  });

  it("says everything that is not supported at once, and why", () => {
    const problems = problemsOf(`
      input x: float32[2, 2]
      a: float32[2, 2] = aten::dropout.default(input=%x, p=0.5, train=True)
      b: float32[2, 2] = mine::op.default(x=%a)
      c: float32[2, 2] = aten::rand_like.default(self=%b)
      dead: float32[2, 2] = mine::unused.default(x=%a)
      return output_0=%c
    `);
    expect(problems).toEqual([
      "test.pt2: aten.dropout.default at the top of the model is not supported: the model is in training mode; call .eval() before exporting",
      "test.pt2: mine::op at the top of the model is a custom operator; a rule that says what it is in ONNX is wanted; register 'mine::op' in torchferry.config.ts or with --custom FILE, as docs/custom-operators.md shows",
      "test.pt2: aten.rand_like.default at the top of the model is not supported: it draws random numbers, which no two engines draw alike; take them as an input",
    ]);
  });

  it("refuses complex numbers where a rule does not know them", () => {
    const problems = problemsOf(`
      input x: complex64[2]
      y: complex64[2] = aten::tanh.default(self=%x)
      return output_0=%y
    `);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("complex numbers");
  });

  it("takes a buffer that the next call reads as an input and gives it as an output", () => {
    const counting = (returned: string) => `
      input x: float32[1]
      weight b_count count: float32[1]
      sum: float32[1] = aten::add_.Tensor(self=%b_count, other=1)
      y: float32[1] = aten::mul.Tensor(self=%x, other=%b_count)
      z: float32[1] = aten::neg.default(self=%x)
      return output_0=%${returned}
    `;
    expect(lowerAten(parseProgram(counting("z"))).states).toEqual([]);
    const graph = lowerAten(parseProgram(counting("y")));
    expect(graph.states.map(({ input, output }) => [input, output])).toEqual([[1, 1]]);
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph main(x: float32[1], count: float32[1]) -> (output_0, count_out) {
        opset ai.onnx 21
        Add/constant: float32[] = [1.0]
        count_out: float32[1] = Add(count, Add/constant)
        output_0: float32[1] = Mul(x, count_out)
      }"
    `);
  });

  it("lets a symbol be defined by a call", () => {
    const text = lowered(`
      input n: int64[]
      {u0} = aten::item.default(self=%n)
      y: int64[u0] = aten::arange.default(end={u0})
      return output_0=%y
    `);
    expect(text).toMatchInlineSnapshot(`
      "graph main(n: int64[]) -> (output_0) {
        opset ai.onnx 21
        Reshape/constant: int64[1] = [1]
        Squeeze/constant: int64[1] = [0]
        Range/constant: int64[] = [0]
        Range/constant_1: int64[] = [1]
        Reshape = Reshape(n, Reshape/constant)
        Squeeze = Squeeze(Reshape, Squeeze/constant)
        output_0: int64[u0] = Range(Range/constant, Squeeze, Range/constant_1)
      }"
    `);
  });
});
