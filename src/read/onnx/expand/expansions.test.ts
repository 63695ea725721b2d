// Expansions as text, for what conformance cannot run (no CPU kernel) and for what is refused. Numbers are conformance's.
import { describe, expect, it } from "vitest";
import { FerryError } from "../../../core/errors.ts";
import { printGraph } from "../../../graph/text.ts";
import { readOnnx } from "../read-onnx.ts";
import { modelOfText } from "../testing/model-bytes.ts";
import { EXPANSIONS, expansionOf } from "./expansions.ts";

const INPUTS = "x: float32[n, 4, 6], b: float32[6], r: float32[n, 4, 6], i: int32[n, 4]";

function nodesOf(body: string, inputs = INPUTS, outputs = "y"): string[] {
  const text = `graph m(${inputs}) -> (${outputs}) {\n  opset ai.onnx 17\n  opset com.microsoft 1\n  ${body}\n}`;
  return printGraph(readOnnx(modelOfText(text)))
    .split("\n")
    .slice(1, -1)
    .map((line) => line.trim())
    .filter((line) => / = [\w.:]+\(/.test(line))
    .map((line) => line.replace(/: \w+\[[^\]]*\]/, ""));
}

function refusal(body: string, outputs = "y"): string {
  try {
    nodesOf(body, INPUTS, outputs);
  } catch (error) {
    if (error instanceof FerryError) return error.message;
    throw error;
  }
  return "";
}

describe("expansions", () => {
  it.each([
    ["y = com.microsoft::BiasGelu(x, b)", ["Add = Add(x, b)", 'y = Gelu(Add) {approximate = "none"}']],
    ["y = com.microsoft::BiasSoftmax(x, r) {axis = 2}", ["Add = Add(x, r)", "y = Softmax(Add) {axis = -1}"]],
    ["y = com.microsoft::BiasDropout(x, b, r)", ["Add = Add(x, b)", "y = Add(Add, r)"]],
    ["y = com.microsoft::BiasAdd(x, b, r)", ["Add = Add(x, b)", "y = Add(Add, r)"]],
    [
      "y = com.microsoft::BiasSplitGelu(x, b)",
      [
        "Add = Add(x, b)",
        "Split, Split/1 = Split(Add) {axis = -1, num_outputs = 2}",
        'Gelu = Gelu(Split/1) {approximate = "none"}',
        "y = Mul(Split, Gelu)",
      ],
    ],
    [
      "y = com.microsoft::FusedMatMul(x, r) {transB = 1}",
      ["Transpose = Transpose(r) {perm = [0, 2, 1]}", "y = MatMul(x, Transpose)"],
    ],
  ])("write %s out", (body, wanted) => {
    expect(nodesOf(body)).toEqual(wanted);
  });

  it("give a result that is an input, or is given twice, its name", () => {
    const body =
      "h = com.microsoft::BiasAdd(x, b)\n  y = com.microsoft::BiasAdd(h)\n  z = com.microsoft::BiasAdd(x)";
    expect(nodesOf(body, INPUTS, "y, z")).toEqual(["h = Add(x, b)", "y = Identity(h)", "z = Identity(x)"]);
  });

  it.each([
    [
      "y = com.microsoft.nchwc::Conv(x, x)",
      "com.microsoft.nchwc::Conv at 'Conv' is not supported: it stands in the memory layout of one processor; save the model with graph_optimization_level ORT_ENABLE_EXTENDED",
    ],
    ["y = com.ms.internal.nhwc::Conv(x, x)", "memory layout of one processor"],
    ["y = com.microsoft::NhwcConv(x, x)", "memory layout of one processor"],
    ['y = com.microsoft::FusedMatMul(x, r) {activation = "Snake"}', "its activation Snake is not known"],
    ["y = com.microsoft::BiasSoftmax(x, r) {axis = 1}", "it runs along the axes from 1 on"],
    ["y = com.microsoft::DynamicQuantizeLSTM(x, x, x)", "it quantises within its steps"],
    ["y = com.microsoft::GroupQueryAttention(x, x, x)", "it works on a cache"],
    ["y = com.microsoft::Attention(x, b, b) {do_rotary = 1, num_heads = 2}", "(do_rotary)"],
    ["y = com.microsoft::Attention(x, b, b)", "it has no num_heads"],
    ["y = com.microsoft::MultiHeadAttention(x) {num_heads = 2}", "packed in one tensor"],
    ["y = com.microsoft::MatMulNBits(x, i, b) {K = 6, N = 2, block_size = 16}", "its weight is not constant"],
  ])("refuse %s by name", (body, wanted) => {
    expect(refusal(body)).toContain(wanted);
  });

  it("tell all refusals at once", () => {
    const body = "h = com.microsoft.nchwc::Conv(x, x)\n  y = com.microsoft::GroupQueryAttention(h, h, h)";
    expect(refusal(body).split("\n")).toHaveLength(2);
  });

  it("stand in the table once each", () => {
    for (const [domain, expansions] of Object.entries(EXPANSIONS)) {
      const ops = expansions.flatMap((expansion) => expansion.ops);
      expect(new Set(ops).size).toBe(ops.length);
      for (const op of ops) expect(expansionOf(domain, op)).toBeDefined();
    }
  });
});
