import { expect, test } from "vitest";
import { subgraph } from "./attribute.ts";
import { GraphBuilder } from "./builder.ts";
import { Graph, Value } from "./graph.ts";
import { assignNames } from "./names.ts";

test("inputs keep their names before outputs, outputs before the rest", () => {
  const graph = new Graph();
  const x = new Value("x");
  graph.inputs.push(x);
  const build = new GraphBuilder(graph);
  const inner = build.emit("Relu", [x]);
  inner.name = "y";
  const y = build.emit("Neg", [inner]);
  y.name = "y";
  const z = build.emit("Abs", [y]);
  z.name = "x";
  graph.outputs.push(y, z);
  assignNames(graph);
  expect([x.name, y.name, z.name, inner.name]).toEqual(["x", "y", "x_1", "y_1"]);
});

test("nodes are named for their scope, further outputs by number", () => {
  const graph = new Graph();
  const x = new Value("");
  graph.inputs.push(x);
  const build = new GraphBuilder(graph);
  build.origin = { scope: "blocks.0", operator: "", line: "" };
  const [values, indices] = build.emitAll("TopK", [x, build.int64s([1])], {}, { outputs: 2 });
  build.emit("Relu", [values]);
  build.emit("Relu", [indices]);
  assignNames(graph);
  expect(graph.nodes.map((node) => node.name)).toEqual(["blocks.0/TopK", "blocks.0/Relu", "blocks.0/Relu_1"]);
  expect([x.name, values?.name, indices?.name]).toEqual(["input", "blocks.0/TopK", "blocks.0/TopK/1"]);
  expect(graph.nodes[0]?.inputs[1]?.name).toBe("blocks.0/TopK/constant");
});

test("subgraphs share the name space", () => {
  const graph = new Graph();
  const condition = new Value("c");
  graph.inputs.push(condition);
  const branch = (): Graph => {
    const body = new Graph("body");
    body.outputs.push(new GraphBuilder(body).emit("Identity", [condition]));
    return body;
  };
  const build = new GraphBuilder(graph);
  build.emit("If", [condition], { then_branch: subgraph(branch()), else_branch: subgraph(branch()) });
  assignNames(graph);
  const names = graph.nodes[0]?.attributes;
  const output = (key: string) => {
    const attribute = names?.get(key);
    return attribute?.kind === "graph" ? attribute.value.outputs[0]?.name : undefined;
  };
  expect([output("then_branch"), output("else_branch")]).toEqual(["Identity", "Identity_1"]);
});

test("naming twice changes nothing", () => {
  const graph = new Graph();
  const x = new Value("x");
  graph.inputs.push(x);
  const build = new GraphBuilder(graph);
  for (let index = 0; index < 5; index++) graph.outputs.push(build.emit("Relu", [x]));
  assignNames(graph);
  const names = () => graph.nodes.map((node) => [node.name, node.outputs[0]?.name]);
  const first = names();
  assignNames(graph);
  expect(names()).toEqual(first);
});
