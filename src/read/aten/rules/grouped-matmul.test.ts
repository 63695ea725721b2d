import ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { encodeOnnx } from "../../../write/onnx/encode-graph.ts";
import { lowerAten } from "../lower.ts";
import { parseProgram } from "../text/parse-program.ts";

const PROGRAM = `
  input rows: float32[tokens, 2]
  input ends: int32[3]
  weight experts experts: float32[3, 2, 1] = [1, 0, 0, 10, 100, 100]
  mm: float32[tokens, 1] = transformers::grouped_mm_fallback.default(input=%rows, weight=%experts, offs=%ends)
  return output_0=%mm
`;

it.each([
  { what: "every group", ends: [1, 3, 4], want: [1, 40, 60, 1500] },
  { what: "an empty group", ends: [0, 3, 4], want: [20, 40, 60, 1500] },
  { what: "rows beyond the last group", ends: [2, 2, 3], want: [1, 3, 1100, 0] },
])("multiplies $what by its own matrix", async ({ ends, want }) => {
  const session = await ort.InferenceSession.create(
    encodeOnnx(lowerAten(parseProgram(PROGRAM)), () => undefined),
  );
  const rows = new ort.Tensor("float32", Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), [4, 2]);
  const { output_0: output } = await session.run({
    rows,
    ends: new ort.Tensor("int32", Int32Array.from(ends), [3]),
  });
  await session.release();
  expect(output?.dims).toEqual([4, 1]);
  expect(Array.from(output?.data as Float32Array)).toEqual(want); // ends are integers, rows float32
});

it("refuses products it does not know", () => {
  const text = PROGRAM.replace("float32[3, 2, 1] = [1, 0, 0, 10, 100, 100]", "float32[2, 1]");
  expect(() => lowerAten(parseProgram(text))).toThrow("only rows in groups times one matrix a group");
});
