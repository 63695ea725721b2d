import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TensorValue } from "../engine/engine.ts";
import { onnxRuntimeEngine } from "../engine/onnxruntime/engine.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { inferTypes } from "../graph/infer-types.ts";
import { parseGraph } from "../graph/text.ts";
import { bytesOf } from "../tensor/elements.ts";
import { type Compute, findDifference, type Sides } from "./find-difference.ts";
import { partOf } from "./part-of.ts";
import { runGraph } from "./run-graph.ts";

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "find-difference-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const engine = onnxRuntimeEngine();

function graphOf(text: string): Graph {
  const graph = parseGraph(text);
  const typed = inferTypes(graph);
  for (const node of graph.nodes)
    for (const output of node.outputs) if (output) output.type = typed.knownType(output);
  return graph;
}

const IMAGE: TensorValue = {
  dtype: "float32",
  shape: [2, 3, 6, 6],
  data: bytesOf(
    "float32",
    Array.from({ length: 216 }, (_, at) => Math.sin(at * 1.7)),
  ),
};

/** The values of one graph by the names of another's. */
function computing(other: Graph): Compute {
  return async (values) => {
    const byName = new Map(other.nodes.flatMap((node) => node.outputs).map((value) => [value?.name, value]));
    const own = values.map((value) => byName.get(value.name)).filter((value) => value !== undefined);
    const found = await runGraph(engine, partOf(other, other.inputs, own), new Map([["x", IMAGE]]), folder);
    return new Map(
      values.flatMap((value): [Value, TensorValue][] => {
        const one = found.get(value.name);
        return one ? [[value, one]] : [];
      }),
    );
  };
}

/** `graph` beside `reference`, in which the same values have the same names. */
function sidesOf(graph: Graph, reference: Graph, aligned?: readonly string[]): Sides {
  const [x] = graph.inputs;
  if (!x) throw new Error("the graph has no input");
  return {
    graph,
    aligned: graph.nodes
      .flatMap(({ outputs }) => outputs)
      .filter((value) => value !== undefined)
      .filter(({ name }) => aligned?.includes(name) ?? true),
    reference: computing(reference),
    subject: computing(graph),
    part: (part, feeds) => runGraph(engine, part, feeds, folder),
    inputs: new Map([[x, IMAGE]]),
    tolerance: undefined,
  };
}

/** A chain with a second branch, long enough that it is halved more than once. */
function network(faulty = "", at = -1): string {
  const steps = Array.from({ length: 40 }, (_, index) => {
    const alpha = index === at ? faulty : "0.9";
    return `s${index + 1} = LeakyRelu(s${index}) {alpha = ${alpha}}`;
  });
  return `graph g(x: float32[n, 3, 6, 6]) -> (y) {
    opset ai.onnx 21
    s0 = AveragePool(x) {kernel_shape = [2, 2]}
    ${steps.join("\n")}
    t = Sigmoid(x)
    u = AveragePool(t) {kernel_shape = [2, 2]}
    y = Add(s40, u)
  }`;
}

async function search(faulty: Graph, good: Graph, aligned?: readonly string[]) {
  const [output] = faulty.outputs;
  if (!output) throw new Error("the graph has no output");
  return findDifference(sidesOf(faulty, good, aligned), output);
}

describe("findDifference", () => {
  it.each([0, 1, 17, 39])("finds the node with a wrong attribute, the one after step %d", async (at) => {
    const difference = await search(graphOf(network("0.5", at)), graphOf(network()));
    if (difference.kind !== "culprit") throw new Error(`found ${difference.kind}`);
    expect(difference.culprit.value.name).toBe(`s${at + 1}`);
    expect(difference.culprit.part.nodes.map(({ op }) => op)).toEqual(["LeakyRelu"]);
    expect(difference.culprit.part.inputs.map(({ name }) => name)).toEqual([`s${at}`]);
    expect(difference.culprit.comparison).toMatchObject({ isEqual: false });
  });

  it("names all nodes between the values that both sides have", async () => {
    const aligned = ["s0", "s10", "s20", "y"];
    const difference = await search(graphOf(network("0.5", 13)), graphOf(network()), aligned);
    if (difference.kind !== "culprit") throw new Error(`found ${difference.kind}`);
    expect(difference.culprit.value.name).toBe("s20");
    expect(difference.culprit.part.inputs.map(({ name }) => name)).toEqual(["s10"]);
    expect(difference.culprit.part.nodes).toHaveLength(10);
  });

  it("blames no node for rounding that adds up", async () => {
    // Each step is wrong by less than is allowed, all of them together by more.
    const [good, faulty] = ["1.0", "1.00008"].map((alpha) => graphOf(network().replaceAll("0.9", alpha)));
    if (!good || !faulty) throw new Error("there are two");
    expect((await search(faulty, good)).kind).toBe("accumulated");
  });

  it("finds nothing where the outputs are equal", async () => {
    expect((await search(graphOf(network()), graphOf(network()))).kind).toBe("none");
  });
});
