// Old forms of operators, as text, in the IR's form, as text. That both mean the same was tried in onnxruntime.
import { describe, expect, it } from "vitest";
import { printGraph } from "../../../graph/text.ts";
import { readOnnx } from "../read-onnx.ts";
import { modelOfText } from "../testing/model-bytes.ts";

/** The lines between the header and the end of the graph that is read from an old one. */
function upgraded(opset: number, body: string, input = "x: float32[n, 3, 4, 5]", outputs = "y"): string[] {
  const text = `graph m(${input}) -> (${outputs}) {\n  opset ai.onnx ${opset}\n  ${body}\n}`;
  const lines = printGraph(readOnnx(modelOfText(text))).split("\n");
  return lines
    .slice(1, -1)
    .map((line) => line.trim().replace(/[\w.]+\/constant\w*/g, "%"))
    .filter((line) => !line.startsWith("opset"));
}

const VECTOR = "c: float32[3] = [1.0, 2.0, 3.0]";

describe("attributes that became inputs", () => {
  it.each([
    [11, "y = Squeeze(x) {axes = [1]}", ["%: int64[1] = [1]", "y = Squeeze(x, %)"]],
    [11, "y = Squeeze(x)", ["y = Squeeze(x)"]],
    [12, "y = Unsqueeze(x) {axes = [0, 1]}", ["%: int64[2] = [0, 1]", "y = Unsqueeze(x, %)"]],
    [
      11,
      "y = ReduceSum(x) {axes = [1], keepdims = 0}",
      ["%: int64[1] = [1]", "y = ReduceSum(x, %) {keepdims = 0}"],
    ],
    [17, "y = ReduceMean(x) {axes = [-1]}", ["%: int64[1] = [-1]", "y = ReduceMean(x, %)"]],
    [17, "y = ReduceMean(x) {axes = []}", ["y = ReduceMean(x)"]],
    [6, "y = Clip(x) {max = 6.0}", ["%: float32[] = [6.0]", "y = Clip(x, _, %)"]],
    [
      9,
      'y = Pad(x) {mode = "reflect", pads = [0, 0, 1, 1, 0, 0, 1, 1]}',
      ["%: int64[8] = [0, 0, 1, 1, 0, 0, 1, 1]", 'y = Pad(x, %) {mode = "reflect"}'],
    ],
    [
      9,
      "y = Slice(x) {ends = [2], starts = [0]}",
      ["%: int64[1] = [0]", "%: int64[1] = [2]", "y = Slice(x, %, %)"],
    ],
    [9, "y = TopK(x) {k = 2}", ["%: int64[1] = [2]", "y = TopK(x, %)"]],
    [11, "y = Split(x) {axis = 1, split = [3]}", ["%: int64[1] = [3]", "y = Split(x, %) {axis = 1}"]],
    [13, "y = Split(x) {axis = 1}", ["y = Split(x) {axis = 1, num_outputs = 1}"]],
    [7, "y = Dropout(x) {ratio = 0.25}", ["%: float32[] = [0.25]", "y = Dropout(x, %)"]],
    [17, "y = DFT(x) {axis = 2}", ["%: int64[] = [2]", "y = DFT(x, _, %)"]],
  ])("opset %i: %s", (opset, body, wanted) => {
    expect(upgraded(opset, body)).toEqual(wanted);
  });
});

describe("operators", () => {
  const operators = (lines: readonly string[]) =>
    lines.flatMap((line) => /= ([\w.:]+)\(/.exec(line)?.[1] ?? []);

  it("spells the flattening of an old Softmax out, but for the last axis", () => {
    expect(operators(upgraded(11, "y = Softmax(x) {axis = 1}"))).toEqual([
      "Flatten",
      "Softmax",
      "Shape",
      "Reshape",
    ]);
    expect(upgraded(11, "y = Softmax(x) {axis = 3}").at(-1)).toMatch(/= Softmax\(x\) \{axis = -1\}$/);
    expect(operators(upgraded(9, "r = Relu(x)\n  y = Softmax(r) {axis = 3}"))).toEqual(["Relu", "Softmax"]);
  });

  it("makes Upsample and the first Resize what they sampled", () => {
    const wanted =
      /Resize\(x, _, [%s]\) \{mode = "linear", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"\}$/;
    expect(upgraded(7, 'y = Upsample(x) {mode = "linear", scales = [1.0, 1.0, 2.0, 2.0]}').at(-1)).toMatch(
      wanted,
    );
    const scales = "s: float32[4] = [1.0, 1.0, 2.0, 2.0]\n  ";
    expect(upgraded(9, `${scales}y = Upsample(x, s) {mode = "bilinear"}`).at(-1)).toMatch(wanted);
    expect(upgraded(10, `${scales}y = Resize(x, s) {mode = "linear"}`).at(-1)).toMatch(wanted);
  });

  it("leaves out inputs of Resize that are empty", () => {
    const empty = "r: float32[0] = []\n  s: float32[0] = []\n  z: int64[4] = [1, 3, 8, 8]\n  ";
    expect(upgraded(11, `${empty}y = Resize(x, r, s, z)`).at(-1)).toMatch(/Resize\(x, _, _, z\)/);
  });

  it("lays B onto A where opset 6 laid it", () => {
    expect(operators(upgraded(6, `${VECTOR}\n  y = Add(x, c) {axis = 1, broadcast = 1}`))).toEqual([
      "Unsqueeze",
      "Add",
    ]);
    expect(operators(upgraded(6, "y = Add(x, x)"))).toEqual(["Add"]);
    expect(operators(upgraded(6, `${VECTOR}\n  y = PRelu(x, c)`))).toEqual(["Unsqueeze", "PRelu"]);
  });

  it("drops the statistics of a BatchNormalization that nobody takes", () => {
    const body = `${VECTOR}\n  y, m, v = BatchNormalization(x, c, c, c, c)`;
    expect(upgraded(9, body).at(-1)).toMatch(/^y(: [^=]*)? = BatchNormalization\(x, c, c, c, c\)$/);
    const trained = upgraded(9, body, undefined, "y, m").at(-1);
    expect(trained).toMatch(/training_mode = 1/);
  });

  it("gives GroupNormalization a scale for each channel", () => {
    const body = "c: float32[1] = [2.0]\n  y = GroupNormalization(x, c, c) {num_groups = 1}";
    expect(operators(upgraded(18, body))).toContain("Expand");
    expect(operators(upgraded(21, body))).toEqual(["GroupNormalization"]);
  });

  it("renames", () => {
    expect(operators(upgraded(9, "y = Scatter(x, x, x)"))).toEqual(["ScatterElements"]);
    expect(upgraded(16, 'y = GridSample(x, x) {mode = "bicubic"}').at(-1)).toContain('mode = "cubic"');
    expect(upgraded(10, "y = RoiAlign(x, x, x)").at(-1)).toContain("output_half_pixel");
  });

  it("says what has no equal", () => {
    expect(() => upgraded(8, "y = Scan(x)")).toThrow(/Scan 'Scan' of opset 8 runs over each element/);
    expect(() => upgraded(7, `${VECTOR}\n  y = BatchNormalization(x, c, c, c, c) {spatial = 0}`)).toThrow(
      /spatial=0/,
    );
    expect(() => upgraded(6, "y = Add(x, x) {axis = 1, broadcast = 1}", "x: float32[...]")).toThrow(
      /unknown rank/,
    );
  });
});
