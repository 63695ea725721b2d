import { expect, test } from "vitest";
import { type Graph, Node, Value } from "./graph.ts";
import { parseGraph } from "./text.ts";
import { verifyGraph } from "./verify.ts";

const messages = (graph: Graph) => verifyGraph(graph).map((problem) => problem.message);

const sound = () =>
  parseGraph(`graph g(c: bool[], x: float32[2]) -> (y) {
    k: float32[2] = [1.0, 2.0]
    a = Add(x, k)
    y = If(c) {then_branch = graph t() -> (b) { b = Relu(a) }, else_branch = graph e() -> (d) { d = Neg(a) }}
  }`);

test("a sound graph has no problems", () => {
  expect(messages(sound())).toEqual([]);
});

test("order: a value is read before it is computed", () => {
  const graph = sound();
  graph.nodes.reverse();
  expect(messages(graph).join("\n")).toMatch(/Relu 'b': reads 'a' before it is computed/);
});

test("uniqueness: two nodes compute one value", () => {
  const graph = sound();
  const value = graph.nodes[0]?.outputs[0] as Value;
  graph.insert(new Node({ op: "Neg", inputs: [graph.inputs[1]], outputs: [value] }));
  expect(messages(graph).join("\n")).toMatch(/Neg 'a': computes 'a', which something else defines too/);
});

test("consumers: one too few, one too many", () => {
  const graph = sound();
  const [, x] = graph.inputs as [Value, Value];
  const [add, branch] = graph.nodes as [Node, Node];
  x.consumers.delete(add);
  x.consumers.add(branch);
  expect(messages(graph)).toEqual([
    expect.stringMatching(/'x': does not know its consumer 'a'/),
    expect.stringMatching(/'x': counts 'y' as consumer, which does not read it/),
  ]);
});

test("outputs are defined, inputs are not computed", () => {
  const graph = sound();
  graph.outputs.push(new Value("nowhere"));
  graph.inputs.push(graph.nodes[0]?.outputs[0] as Value);
  expect(messages(graph)).toEqual([
    expect.stringMatching(/input 'a': is computed by 'a'/),
    expect.stringMatching(/Add 'a': computes 'a', which something else defines too/),
    expect.stringMatching(/output 'nowhere': is defined nowhere/),
  ]);
});

test("an output has a name of its own", () => {
  const graph = parseGraph("graph g(x: float32[2]) -> (y, y) { y = Relu(x) }");
  expect(messages(graph)).toEqual([expect.stringMatching(/output 'y': stands twice/)]);
});

test("attributes are known and of their kind", () => {
  const graph = parseGraph("graph g(x: float32[2]) -> (y) { y = Softmax(x) {axis = 1.0, axes = [1]} }");
  expect(messages(graph)).toEqual([
    expect.stringMatching(/has attribute 'axis' of kind float, int is wanted/),
    expect.stringMatching(/has an attribute 'axes' that the operator does not know/),
  ]);
});

test("contradicting types are found once the structure is sound", () => {
  const graph = parseGraph("graph g(x: float32[2]) -> (y) { y: float32[3] = Relu(x) }");
  expect(messages(graph)).toEqual([
    expect.stringMatching(/'y' is declared as float32\[3\] but computed as float32\[2\]/),
  ]);
});

test("operators that nothing is known of are left alone", () => {
  const graph = parseGraph("graph g(x: float32[2]) -> (y) { y = vendor::Thing(x) {anything = 1} }");
  expect(messages(graph)).toEqual([]);
});
