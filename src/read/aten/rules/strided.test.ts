// Windows that overlap, of a tensor whose axes memory has in another order than the tensor.
import ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { FerryError } from "../../../core/errors.ts";
import { encodeOnnx } from "../../../write/onnx/encode-graph.ts";
import { lowerAten } from "../lower.ts";
import type { AtenProgram } from "../program.ts";
import { parseProgram } from "../text/parse-program.ts";

/** Memory holds 0 to 23; `x` sees it as [2, 3, 4] with the strides given. */
const WINDOWS = `
  input x: float32[2, 3, 4]
  w: float32[2, 2, 4] = aten::as_strided.default(self=%x, size=[2, 2, 4], stride=[4, 8, 2])
  return output_0=%w
`;
const WRITTEN = `
  input x: float32[2, 3, 4]
  y: float32[2, 3, 4] = aten::neg.default(self=%x)
  d: float32[2, 3] = aten::as_strided.default(self=%y, size=[2, 3], stride=[12, 1])
  z: float32[2, 3] = aten::zero_.default(self=%d)
  return output_0=%y
`;

function withStrides(text: string, strides: readonly number[] | undefined): AtenProgram {
  const program = parseProgram(text);
  const names = ["x", "y", "y~1"];
  const known = strides ? names.map((name) => [name, strides] as const) : [];
  return { ...program, graph: { ...program.graph, strides: new Map(known) } };
}

async function run(program: AtenProgram, strides: readonly number[]): Promise<number[]> {
  const session = await ort.InferenceSession.create(encodeOnnx(lowerAten(program), () => undefined));
  const x = new ort.Tensor("float32", Float32Array.from(seen([2, 3, 4], strides)), [2, 3, 4]);
  const { output_0: output } = await session.run({ x });
  await session.release();
  return [...(output?.data ?? [])].map(Number);
}

function seen(shape: readonly number[], strides: readonly number[]): number[] {
  return shape.reduce<number[]>(
    (all, size, axis) =>
      all.flatMap((place) => Array.from({ length: size }, (_, at) => place + at * (strides[axis] ?? 0))),
    [0],
  );
}

describe("a view by strides", () => {
  const orders = [
    [12, 4, 1],
    [4, 8, 1],
    [1, 8, 2],
    [3, 1, 6],
  ];

  it.each(orders)(
    "sees the memory, whatever order the tensor's axes have there (%i, %i, %i)",
    async (...strides) => {
      expect(await run(withStrides(WINDOWS, strides), strides)).toEqual(seen([2, 2, 4], [4, 8, 2]));
    },
  );

  it.each(orders)("is written into where it lies (%i, %i, %i)", async (...strides) => {
    const zeroed = new Set(seen([2, 3], [12, 1]));
    const want = seen([2, 3, 4], strides).map((place) => (zeroed.has(place) ? 0 : -place));
    expect(await run(withStrides(WRITTEN, strides), strides)).toEqual(want);
  });

  it("is a reshape where it sees the whole memory in order", () => {
    const text = `
      input x: float32[2, 3, 4]
      y: float32[2, 3, 4] = aten::neg.default(self=%x)
      f: float32[2, 12] = aten::as_strided.default(self=%y, size=[2, 12], stride=[12, 1])
      z: float32[2, 12] = aten::relu_.default(self=%f)
      return output_0=%y
    `;
    const { nodes } = lowerAten(withStrides(text, [12, 4, 1]));
    expect(nodes.map(({ operator }) => operator)).toEqual(["Neg", "Reshape", "Relu", "Reshape"]);
  });

  it("is refused where nobody knows how the tensor lies in memory", () => {
    expect(refusal(WINDOWS, undefined)).toContain("does not tell how it lies in memory");
    expect(refusal(WINDOWS, [24, 8, 2])).toContain("is a part of a larger one");
  });
});

function refusal(text: string, strides: readonly number[] | undefined): string {
  try {
    lowerAten(withStrides(text, strides));
  } catch (error) {
    if (error instanceof FerryError) return error.message;
    throw error;
  }
  return "";
}
