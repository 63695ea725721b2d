// A readable text form of graphs, for tests and for people:
//
//   graph main(x: float32[batch, 3]) -> (y) {
//     w: float32[3, 2] = [1.0, 0.5, 2.0, 0.0, 0.0, 1.0]
//     h = MatMul(x, w) @ head.linear
//     y: float32[batch, 2] = Softmax(h) {axis = -1}
//   }
//
// An absent input or output is `_`; a graph inside is the value of an attribute. Invariant: parse(print(graph)) is the
// same graph, if its constants are small enough to be printed.
export { parseGraph } from "./text/parse-graph.ts";
export { printGraph } from "./text/print-graph.ts";
