// Sizes that only running tells, where most models have fixed ones.
import { expect, it } from "vitest";
import { printGraph } from "../../graph/text.ts";
import { lowerAten } from "./lower.ts";
import { parseProgram } from "./text/parse-program.ts";

const lowered = (text: string) => printGraph(lowerAten(parseProgram(text)));

it("a convolution in as many groups as there are samples is a Scan over them", () => {
  const text = lowered(`
    input x: float32[1, batch, 8, 8]
    input w: float32[batch, 1, 3, 3]
    y: float32[1, batch, 6, 6] = aten::conv2d.default(input=%x, weight=%w, groups={batch})
    return y=%y
  `);
  expect(text).toMatch(/Scan\(\S+, \S+\) \{body = graph body/);
  expect(text).toContain("Conv(");
  expect(text).not.toContain("group =");
});

it("groups that need not divide the channels are refused", () => {
  const text = `
    input x: float32[1, n, 8]
    input w: float32[6*batch, 4, 3]
    y: float32[1, 6*batch, 6] = aten::conv1d.default(input=%x, weight=%w, groups={batch})
    return y=%y
  `;
  expect(() => lowered(text)).toThrow("batch groups do not always divide n channels");
});

it("diagonals and traces of matrices of free sizes are gathered by places that are computed", () => {
  const text = lowered(`
    input x: float32[n, n, 3]
    input y: float32[n, m]
    d: float32[3, n] = aten::diagonal.default(self=%x)
    t: float32[] = aten::trace.default(self=%y)
    u: float32[n, m] = aten::tril.default(self=%y, diagonal={n})
    return d=%d, t=%t, u=%u
  `);
  expect(text.match(/GatherND/g)?.length).toBeGreaterThanOrEqual(2);
  expect(text).toContain("Trilu(y, ");
});

it("a mean is NaN where a run finds that there is nothing to take it of", () => {
  const mean = (size: string) =>
    lowered(`
      input x: float32[batch, ${size}]
      y: float32[batch] = aten::mean.dim(self=%x, dim=[1])
      return y=%y
    `);
  expect(mean("u0")).toMatch(/Add\(/);
  expect(mean("u0")).toMatch(/Div\(/);
  expect(mean("n")).not.toMatch(/Add\(/);
});

it("an axis may be rolled by more than its size, and by a size", () => {
  const roll = (shift: string) =>
    lowered(`
      input x: float32[batch, n]
      y: float32[batch, n] = aten::roll.default(self=%x, shifts=[${shift}], dims=[1])
      return y=%y
    `);
  expect(roll("3")).toMatch(/Mod\(/);
  expect(roll("{n}")).not.toMatch(/Concat\(/);
  expect(roll("{batch}")).toMatch(/Mod\(/);
  expect(roll("1")).not.toMatch(/Mod\(/);
});

it("numbers at equal distances may lie between numbers that a run finds", () => {
  const text = lowered(`
    input x: float32[]
    y: float32[5] = aten::linspace.Scalar_Tensor(start=0.5, end=%x, steps=5)
    return y=%y
  `);
  expect(text).toMatch(/Sub\(x, /);
});

it("as many numbers at equal distances as a size says meet in the middle, and one number is the first", () => {
  const text = lowered(`
    input x: float32[batch, 3]
    y: float32[batch] = aten::linspace.default(start=-1.0, end=1.0, steps={batch})
    return y=%y
  `);
  expect(text).toContain("Range(");
  expect(text).toMatch(/Less\(/);
  expect(text).toMatch(/Where\(/);
});

it("the weights of a filter that shrinks images of any size to one are computed", () => {
  const text = lowered(`
    input x: float32[batch, 3, h, w]
    y: float32[batch, 3, 18, 18] = aten::_upsample_bilinear2d_aa.vec(input=%x, output_size=[18, 18], align_corners=False, scale_factors=None)
    return y=%y
  `);
  expect(text.match(/MatMul\(/g)).toHaveLength(2);
  expect(text.match(/Floor\(/g)).toHaveLength(4);
});
