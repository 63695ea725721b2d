// Small graphs with the real engine: what is freed is what rows prove, and what is kept is named.
import { describe, expect, it } from "vitest";
import { FerryError } from "../core/errors.ts";
import { evaluateWithEngine } from "../evaluate.ts";
import type { Graph } from "../graph/graph.ts";
import { inferTypes } from "../graph/infer-types.ts";
import { parseGraph } from "../graph/text.ts";
import { typeText } from "../graph/type.ts";
import { optimize } from "../passes/optimize.ts";
import { withGraphs } from "../run-graphs.ts";
import type { BatchAxes, BatchMode } from "./batch-options.ts";
import { type BatchReport, reportBatch } from "./report-batch.ts";
import { settleBatch } from "./settle-batch.ts";

interface Asked {
  readonly batch?: BatchMode;
  readonly batchAxis?: BatchAxes;
  readonly readExample?: () => Promise<Graph>;
}

function graphOf(text: string): Graph {
  const graph = parseGraph(text);
  graph.opsets.set("", 21);
  return graph;
}

async function settle(graph: Graph, asked: Asked = {}): Promise<BatchReport & { types: string[] }> {
  const options = { file: "model.onnx", evaluate: evaluateWithEngine, withGraphs, ...asked };
  const settled = await settleBatch(graph, options);
  const types = settled.graph.inputs.map((input) => typeText(inferTypes(settled.graph).knownType(input)));
  return { ...reportBatch(settled, optimize(settled.graph, {})), types };
}

const model = (inputs: string, lines: readonly string[], outputs = "y"): Graph =>
  graphOf(`graph main(${inputs}) -> (${outputs}) {\n${lines.map((line) => `  ${line}`).join("\n")}\n}`);

async function reason(graph: Graph, asked?: Asked): Promise<string> {
  const { outcome } = await settle(graph, asked);
  return outcome.state === "kept" ? outcome.reason : outcome.state;
}

describe("a batch that the file fixes", () => {
  const heads = [
    "s: int64[2] = [8, 3]",
    "t: int64[2] = [4, 6]",
    "a = Reshape(x, s)",
    "b = Tanh(a)",
    "y = Reshape(b, t)",
  ];

  it("is freed where rows stay the same at two other sizes", async () => {
    const { outcome, types, isJoinable } = await settle(model("x: float32[4, 2, 3]", heads));
    expect(outcome).toMatchObject({ state: "freed", size: 4, sizes: [2, 5] });
    expect([types, isJoinable]).toEqual([["float32[batch, 2, 3]"], true]);
  });

  it("is freed beside a length that a table of positions bounds", async () => {
    const positions = Array.from({ length: 40 }, (_, place) => place).join(", ");
    const text = model("x: float32[1, s]", [
      `p: float32[1, 40] = [${positions}]`,
      "zero: int64[1] = [0]",
      "one: int64[1] = [1]",
      "length = Shape(x) {start = 1, end = 2}",
      "places = Slice(p, zero, length, one)",
      "y = Add(x, places)",
    ]);
    const { outcome, types } = await settle(text);
    expect(outcome).toMatchObject({ state: "freed", size: 1, sizes: [2, 3] });
    expect(types).toEqual(["float32[batch, s]"]);
  });

  it("is freed where it is joined with a free length and parted from it again", async () => {
    const text = model("x: float32[1, s, 2]", [
      "flat: int64[2] = [-1, 2]",
      "w: float32[2, 2] = [1, 2, 3, 4]",
      "whole: int64[3] = [1, -1, 2]",
      "a = Reshape(x, flat)",
      "b = MatMul(a, w)",
      "c = Reshape(b, whole)",
      "y = Add(c, x)",
    ]);
    const { outcome, types } = await settle(text);
    expect(outcome).toMatchObject({ state: "freed", size: 1, sizes: [2, 3] });
    expect(types).toEqual(["float32[batch, s, 2]"]);
  });

  it("is freed where constants are picked for each sample", async () => {
    const { outcome } = await settle(
      model("x: int64[2, 3]", [
        "c: float32[2, 4] = [1, 2, 3, 4, 1, 2, 3, 4]",
        "y = GatherElements(c, x) {axis = 1}",
      ]),
    );
    expect(outcome).toMatchObject({ state: "freed", size: 2, sizes: [1, 3] });
  });

  it("stays where an input cannot be drawn at random", async () => {
    const graph = model("x: float32[2, 6, 2], axis: int64[]", [
      "y = DFT(x, _, axis) {inverse = 1, onesided = 1}",
    ]);
    expect(await reason(graph)).toContain("an input is no tensor of numbers, or steers an operator");
  });

  it("stays with --batch keep", async () => {
    expect(await reason(model("x: float32[4, 2, 3]", heads), { batch: "keep" })).toBe("--batch keep says so");
  });

  it.each([
    ["y = Softmax(x) {axis = 0}", /^Softmax 'y' holds it: it works along axis 0, the batch$/],
    [
      "m = ReduceMax(x, a) {keepdims = 1}\n  y = Sub(x, m)",
      /^ReduceMax 'm' holds it: its result is one for all samples$/,
    ],
    ["t = Transpose(x) {perm = [1, 0]}\n  y = MatMul(t, x)", /^MatMul 'y' holds it/],
    [
      "t = Transpose(x) {perm = [1, 0]}\n  y = MatMul(x, t)",
      /^MatMul 'y' holds it: its result has the batch on two axes$/,
    ],
    ["y = Slice(x, l, f, a, l)", /^Slice 'Slice' makes rows depend on each other$/],
    ["y = Add(x, c)", /^Add 'y' holds it: sizes batch and 2 do not broadcast$/],
    ["y = Mul(x, z)", /^its outputs are the same for all random inputs$/],
  ])("stays, and its node is named: %s", async (lines, wanted) => {
    const constants = [
      "a: int64[1] = [0]",
      "l: int64[1] = [-1]",
      "f: int64[1] = [-9223372036854775808]",
      "c: float32[2, 1] = [1, 2]",
      "z: float32[] = [0]",
    ];
    expect(await reason(model("x: float32[2, 3]", [...constants, lines]))).toMatch(wanted);
  });

  it.each([
    "y = Softmax(x) {axis = 0}",
    "y = CumSum(x, a)",
    "y = Slice(x, l, f, b, l)",
    "r = Slice(t, b, e)\n  y = Add(x, r)",
  ])("of 1 stays as well: %s", async (line) => {
    const constants = [
      "t: float32[2, 1] = [1, 2]",
      "e: int64[1] = [1]",
      "a: int64[] = [0]",
      "b: int64[1] = [0]",
      "l: int64[1] = [-1]",
      "f: int64[1] = [-9223372036854775808]",
    ];
    expect(await reason(model("x: float32[1, 3]", [...constants, line]))).toMatch(/'(y|Slice)'/);
  });

  it("ends the conversion where a free one is demanded", async () => {
    const error = await settle(model("x: float32[2, 3]", ["y = Softmax(x) {axis = 0}"]), {
      batch: "dynamic",
    }).catch((thrown: unknown) => thrown);
    if (!(error instanceof FerryError)) throw error;
    expect([error.code, error.row.exit]).toEqual(["BATCH_FIXED", 4]);
    expect(error.message).toContain("the batch is fixed to 2: Softmax 'y' holds it");
  });

  it("is where the caller says", async () => {
    const graph = () =>
      model("x: float32[5, 2], w: float32[2, 2]", ["y = Softmax(x) {axis = 0}", "z = Exp(w)"], "y, z");
    const { types, outputs, whyNot } = await settle(graph(), { batchAxis: { x: 1, w: "none" } });
    expect(types).toEqual(["float32[5, batch]", "float32[2, 2]"]);
    expect(outputs.map(({ axis }) => axis)).toEqual([1, undefined]);
    expect(whyNot).toBe("'x' has it on axis 1");
  });

  it("is perhaps that of an output that depends on no input", async () => {
    const points = ["y = Exp(x)", "w: float32[3, 1, 2] = [1, 2, 3, 4, 5, 6]", "z = Tanh(w)"];
    expect(await reason(model("x: float32[1, 4]", points, "y, z"))).toMatch(
      /^Tanh .* makes output 'z' that is the same for all inputs: its axis 1 of 1 may be the batch or not$/,
    );
    expect(await reason(model("x: float32[5, 4]", points, "y, z"))).toBe("freed");
    const table = "z: float32[2, 1] = [1, 2]";
    expect(await reason(model("x: float32[2, 4]", ["y = Exp(x)", table], "y, z"))).toMatch(
      /^output 'z' is the same for all inputs: its axis 0 of 2 /,
    );
  });

  it("is not of a size that the model keeps between calls", async () => {
    const graph = model("x: float32[2, 3], h: float32[2, 3]", ["y = Add(x, h)"]);
    graph.states.push({ input: 1, output: 0, initial: constant() });
    expect(await reason(graph)).toBe("the state 'h' is kept for as many samples");
  });
});

describe("a batch that the file leaves free", () => {
  it("costs nothing", async () => {
    const never = () => Promise.reject(new Error("nothing is to be run"));
    const { outcome } = await settleBatch(model("x: float32[n, 3]", ["y = Exp(x)"]), {
      file: "m",
      withGraphs: never,
    });
    expect(outcome).toEqual({ state: "free" });
  });

  it("may have several names", async () => {
    const { whyNot } = await settle(
      model("x: float32[n, 3], w: float32[m, 3]", ["y = Exp(x)", "z = Exp(w)"], "y, z"),
    );
    expect(whyNot).toBe("the inputs' batches are of different sizes: n, m");
  });
});

describe("a batch that the file leaves free in some inputs and fixes in others", () => {
  const sum = ["a = Add(x, z)", "y = Tanh(a)"];

  it("is freed in all where rows prove that it is one", async () => {
    const { outcome, types, isJoinable } = await settle(
      model("x: float32[4, 3], z: float32[n, 3]", [
        "s: int64[2] = [4, 3]",
        "r = Reshape(x, s)",
        "a = Add(r, z)",
        "y = Tanh(a)",
      ]),
    );
    expect(outcome).toMatchObject({ state: "freed", size: 4, sizes: [2, 5] });
    expect([types, isJoinable]).toEqual([["float32[batch, 3]", "float32[batch, 3]"], true]);
  });

  it("stays as it is where it is none, and says so", async () => {
    const table = model("x: float32[n, 3], z: float32[4, 3]", [
      "t = Transpose(z) {perm = [1, 0]}",
      "y = MatMul(x, t)",
    ]);
    const { outcome, whyNot, types } = await settle(table);
    expect(outcome).toMatchObject({ state: "partly", fixed: [{ input: "z", size: 4 }] });
    expect(types).toEqual(["float32[n, 3]", "float32[4, 3]"]);
    expect(whyNot).toBe("'z' has 4 rows");
  });

  it.each([
    ["x: float32[n, 3], z: float32[1, 3]", "one row may be meant for all samples"],
    ["x: float32[n, n], z: float32[3, 3]", "n is the size of another axis too"],
    ["x: float32[n, 3], z: float32[2*n, 3], w: float32[2, 3]", "the free inputs have n and 2*n rows"],
    ["x: float32[n, 3], z: float32[4, 3], w: float32[2, 3]", "they are of different sizes, 4 and 2"],
  ])("is not guessed: %s", async (inputs, reason) => {
    expect((await settle(model(inputs, ["y = Tanh(x)"]))).outcome).toMatchObject({ state: "partly", reason });
  });

  it("stays on demand, and is demanded of all", async () => {
    const graph = () => model("x: float32[4, 3], z: float32[n, 3]", sum);
    expect((await settle(graph(), { batch: "keep" })).outcome).toMatchObject({
      state: "partly",
      reason: "--batch keep says so",
    });
    expect((await settle(graph(), { batch: "dynamic" })).outcome.state).toBe("freed");
  });
});

describe("a batch that the reader takes for free", () => {
  const traced = (line: string): Graph => {
    const graph = model("x: float32[batch, 3]", ["a: int64[1] = [0]", line]);
    graph.assumedBatch = { symbol: "batch", size: 4 };
    return graph;
  };
  const fixed = (line: string): Graph => model("x: float32[4, 3]", ["a: int64[1] = [0]", line]);

  it("is, where rows prove it", async () => {
    const readExample = () => Promise.reject(new Error("the first reading holds"));
    const { outcome } = await settle(traced("y = Exp(x)"), { readExample });
    expect(outcome).toMatchObject({ state: "freed", size: 4 });
  });

  it("is not, where samples meet: the example's sizes are read", async () => {
    const line = "y = ReduceMean(x, a)";
    const { types, outcome } = await settle(traced(line), { readExample: async () => fixed(line) });
    expect([types, outcome.state]).toEqual([["float32[4, 3]"], "kept"]);
  });
});

function constant() {
  const [value] =
    graphOf("graph main() -> (y) {\n  c: float32[2, 3] = [0, 0, 0, 0, 0, 0]\n  y = Exp(c)\n}").nodes[0]
      ?.inputs ?? [];
  if (!value?.initializer) throw new Error("the graph has a constant");
  return value.initializer;
}
