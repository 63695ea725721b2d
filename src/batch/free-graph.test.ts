// Graphs with a fixed batch in, the shapes of the freed ones out. Whether these are right is for prove-rows.ts to say.
import { describe, expect, it } from "vitest";
import { evaluateWithEngine } from "../evaluate.ts";
import { inferTypes } from "../graph/infer-types.ts";
import { parseGraph } from "../graph/text.ts";
import { typeText } from "../graph/type.ts";
import { type FreedGraph, freeGraph } from "./free-graph.ts";
import { Visits } from "./widen.ts";
import { AnotherInput, HeldByNode } from "./workbench.ts";

function free(text: string, size: number, axes: Readonly<Record<string, number>> = { x: 0 }): FreedGraph {
  const graph = parseGraph(text);
  graph.opsets.set("", 21);
  const known = { evaluate: evaluateWithEngine, visits: new Visits() };
  return freeGraph(inferTypes(graph), {
    axes: new Map(Object.entries(axes)),
    size,
    symbol: "n",
    firstOther: 4001,
    ...known,
  });
}

/** The types of a body's outputs, read again from scratch. */
function freed(inputs: string, body: string, size: number): string[] {
  const { graph } = free(`graph main(${inputs}) -> (y) {\n${body}\n}`, size);
  const typed = inferTypes(graph);
  return graph.outputs.map((output) => typeText(typed.knownType(output)));
}

describe("a node that holds the batch", () => {
  it.each([
    ["Reshape", "x: float32[4, 6]", "y = Reshape(x, s)\ns: int64[3] = [4, 2, 3]", "float32[n, 2, 3]"],
    [
      "Reshape that joins it",
      "x: float32[4, 2, 3]",
      "s: int64[2] = [8, 3]\ny = Reshape(x, s)",
      "float32[2*n, 3]",
    ],
    [
      "Reshape with -1 behind",
      "x: float32[4, 2, 3]",
      "s: int64[2] = [4, -1]\ny = Reshape(x, s)",
      "float32[n, 6]",
    ],
    ["Expand", "x: float32[4, 1]", "s: int64[2] = [4, 3]\ny = Expand(x, s)", "float32[n, 3]"],
    [
      "Slice",
      "x: float32[4, 3]",
      "a: int64[1] = [0]\nb: int64[1] = [4]\ny = Slice(x, a, b)",
      "float32[n, 3]",
    ],
    [
      "a constant of equal rows",
      "x: float32[2, 2]",
      "c: float32[2, 2] = [1, 2, 1, 2]\ny = Add(x, c)",
      "float32[n, 2]",
    ],
    [
      "Concat of equal rows",
      "x: float32[2, 2]",
      "c: float32[2, 1] = [5, 5]\ny = Concat(c, x) {axis = 1}",
      "float32[n, 3]",
    ],
    [
      "rows times heads",
      "x: float32[2, 3, 2]",
      "s: int64[2] = [6, 2]\nh = Reshape(x, s)\nc: float32[6, 1] = [1, 2, 3, 1, 2, 3]\ny = Mul(h, c)",
      "float32[3*n, 2]",
    ],
    [
      "row numbers",
      "x: float32[3, 5]",
      "i: int64[3, 2] = [0, 4, 1, 4, 2, 4]\ny = GatherND(x, i)",
      "float32[n]",
    ],
    [
      "computed zeros",
      "x: float32[2, 2]",
      "s: int64[2] = [2, 1]\nz = ConstantOfShape(s)\ny = Concat(z, x) {axis = 1}",
      "float32[n, 3]",
    ],
  ])("follows it: %s", (_, inputs, body, wanted) => {
    const lines = body.split("\n").sort((a, b) => Number(b.includes(": ")) - Number(a.includes(": ")));
    const size = Number(/\d+/.exec(inputs.slice(inputs.indexOf("[")))?.[0]);
    expect(freed(inputs, lines.map((line) => `  ${line}`).join("\n"), size)).toEqual([wanted]);
  });

  it("is named where its constant has rows that differ", () => {
    const text =
      "graph main(x: float32[2, 2]) -> (y) {\n  c: float32[2, 1] = [5, 6]\n  y = Add(x, c) @ net.add\n}";
    const error = thrown(() => free(text, 2));
    if (!(error instanceof HeldByNode)) throw error;
    expect([error.node.op, error.node.origin.scope]).toEqual(["Add", "net.add"]);
    expect(error.message).toBe("sizes batch and 2 do not broadcast");
  });

  it("is named soon, however many ways lead back from it", () => {
    const squares = Array.from({ length: 12 }, (_, at) => `m${at + 1} = Mul(m${at}, m${at})`).join("\n");
    const body = `a: int64[1] = [0]\nb: int64[1] = [2]\nm0 = Slice(w, a, b)\n${squares}\ny = Add(x, m12)`;
    const inputs = "x: float32[2, 4, 4, 4], w: float32[4, 4, 4, 4]";
    expect(() => freed(inputs, body, 2)).toThrow(HeldByNode);
  });

  it("may ask for an axis of another input", () => {
    const text = `graph main(x: float32[5, 2, 3], h: float32[1, 2, 4]) -> (y) {
      w: float32[1, 4, 3] = [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1]
      r: float32[1, 4, 4] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
      y = RNN(x, w, r, _, _, h) {hidden_size = 4}
    }`;
    const error = thrown(() => free(text, 2, { x: 1 }));
    expect(error).toBeInstanceOf(AnotherInput);
    expect(error).toMatchObject({ input: "h", axis: 1 });
    expect(free(text, 2, { x: 1, h: 1 }).outputs.get("y")).toEqual({ axis: 2, factor: 1, inner: 1 });
  });
});

describe("a graph whose batch is 1", () => {
  it.each([
    ["Softmax(x) {axis = 0}", "it works along axis 0, the batch"],
    ["ReduceMean(x, a) {keepdims = 1}", "its result is one for all samples"],
  ])("is held by what lets samples meet: %s", (call, reason) => {
    const text = `graph main(x: float32[1, 3]) -> (y) {\n  a: int64[1] = [0]\n  m = ${call}\n  y = Sub(x, m)\n}`;
    expect(thrown(() => free(text, 1))).toMatchObject({ message: reason });
  });

  it("reads a Reshape anew where the first reading does not fit", () => {
    const body = `  a: int64[3] = [5, 1, 4]
  s: int64[2] = [5, 4]
  w: float32[4, 2] = [1, 0, 0, 1, 1, 1, 0, 0]
  h = Transpose(x) {perm = [1, 0, 2]}
  f = Reshape(h, s)
  y = MatMul(f, w)`;
    expect(freed("x: float32[1, 5, 4]", body.replace(/ {2}a.*\n/, ""), 1)).toEqual(["float32[5*n, 2]"]);
  });

  it("is held by a Squeeze that takes its axis away, if the batch comes out joined with another", () => {
    const squeezed = "  a: int64[1] = [0]\n  h = Squeeze(x, a)";
    const text = (body: string) => `graph main(x: float32[1, 3]) -> (y) {\n${squeezed}\n${body}\n}`;
    const error = thrown(() => free(text("  y = Relu(h)"), 1));
    expect(error).toMatchObject({ node: { outputs: [{ name: "h" }] } });
    expect(error).toHaveProperty("message", "it drops the batch, which PyTorch does at a batch of 1 alone");
    expect(freed("x: float32[1, 3]", `${squeezed}\n  y = Unsqueeze(h, a)`, 1)).toEqual(["float32[n, 3]"]);
  });

  it("does not change the original", () => {
    const graph = parseGraph(
      "graph main(x: float32[1, 4]) -> (y) {\n  s: int64[3] = [1, 2, 2]\n  y = Reshape(x, s)\n}",
    );
    const typed = inferTypes(graph);
    freeGraph(typed, {
      axes: new Map([["x", 0]]),
      size: 1,
      symbol: "n",
      evaluate: undefined,
      visits: new Visits(),
      firstOther: 4001,
    });
    expect(typeText(inferTypes(graph).knownType(graph.outputs[0] ?? never()))).toBe("float32[1, 2, 2]");
  });
});

function never(): never {
  throw new Error("the graph has an output");
}

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("it should not succeed");
}

it("ends when too many values were looked at", () => {
  const graph = parseGraph(
    "graph main(x: float32[2, 2]) -> (y) {\n  c: float32[2, 2] = [1, 2, 1, 2]\n  y = Add(x, c)\n}",
  );
  graph.opsets.set("", 21);
  const visits = new Visits();
  while (visits.another()); // all are used
  const axes = new Map([["x", 0]]);
  const options = { axes, size: 2, symbol: "n", evaluate: undefined, visits, firstOther: 4001 };
  expect(() => freeGraph(inferTypes(graph), options)).toThrow(HeldByNode);
});
