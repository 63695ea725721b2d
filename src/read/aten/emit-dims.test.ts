import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../graph/builder.ts";
import { addDims, type Dim, floorDivDims, mulDims, symbol } from "../../graph/dim.ts";
import { Graph, Value } from "../../graph/graph.ts";
import { tensorType } from "../../graph/type.ts";
import { DimEmitter, reshapeTarget, UnknownSymbol } from "./emit-dims.ts";

const [batch, time] = [symbol("batch"), symbol("time")];

function emitter(shape: readonly Dim[]): { graph: Graph; dims: DimEmitter } {
  const graph = new Graph();
  const input = new Value("x", tensorType("float32", shape));
  graph.inputs.push(input);
  const dims = new DimEmitter(new GraphBuilder(graph));
  dims.register(input, shape);
  return { graph, dims };
}

const operators = (graph: Graph) => graph.nodes.map((node) => node.op);

describe("DimEmitter", () => {
  it("makes constants of static sizes", () => {
    const { graph, dims } = emitter([batch]);
    expect(dims.vector([2, 3]).initializer?.shape).toEqual([2]);
    expect(dims.scalar(4).initializer?.shape).toEqual([]);
    expect(graph.nodes).toEqual([]);
  });

  it("takes a size where it stands, once", () => {
    const { graph, dims } = emitter([batch, 4]);
    dims.vector([batch, 2, batch]);
    dims.vector([batch]);
    expect(operators(graph)).toEqual(["Shape", "Concat"]);
  });

  it("computes with sizes, rounding down as Python does", () => {
    const { graph, dims } = emitter([batch, time]);
    dims.vector([addDims(mulDims(batch, time), 1), floorDivDims(time, 2)]);
    expect(operators(graph)).toEqual(["Shape", "Shape", "Mul", "Add", "Mod", "Sub", "Div", "Concat"]);
  });

  it("solves a derived size for its symbol", () => {
    const { graph, dims } = emitter([addDims(mulDims(batch, 2), 1)]);
    dims.vector([batch]);
    expect(operators(graph)).toEqual(["Shape", "Sub", "Div"]);
  });

  it("says which symbol nothing tells", () => {
    const { dims } = emitter([batch]);
    expect(dims.knows(time)).toBe(false);
    expect(() => dims.vector([time])).toThrow(UnknownSymbol);
  });
});

describe("reshapeTarget", () => {
  it("copies sizes that stay in their place and infers one other", () => {
    expect(reshapeTarget([batch, time, 8], [batch, time, 2, 4])).toEqual([0, 0, 2, 4]);
    expect(reshapeTarget([batch, time, 8], [mulDims(batch, time), 8])).toEqual([-1, 8]);
    expect(reshapeTarget([batch, 8], [2, 4, batch])).toEqual([2, 4, -1]);
  });

  it("gives up where two sizes would have to be inferred, or one is 0", () => {
    expect(reshapeTarget([mulDims(batch, time)], [batch, time])).toBeUndefined();
    expect(reshapeTarget([batch, 0], [0, batch])).toBeUndefined();
  });
});
