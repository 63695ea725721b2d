import { describe, expect, it } from "vitest";
import { parseGraph, printGraph } from "../../graph/text.ts";
import { fitKernels } from "./fit-kernels.ts";

function fitted(text: string): string {
  const graph = parseGraph(text);
  expect(fitKernels(graph, "test.pt2")).toEqual([]);
  return printGraph(graph);
}

describe("fitKernels", () => {
  it("computes narrow integers in wider ones", () => {
    expect(fitted("graph g(x: int8[2, 2]) -> (y) { y = MatMul(x, x) }")).toMatchInlineSnapshot(`
      "graph g(x: int8[2, 2]) -> (y) {
        Cast = Cast(x) {to = 6}
        MatMul = MatMul(Cast, Cast)
        y = Cast(MatMul) {to = 3}
      }"
    `);
  });

  it("computes bfloat16 in float32, and brings back only what was of that type", () => {
    expect(fitted("graph g(x: bfloat16[2]) -> (y) { y = Less(x, x) }")).toMatchInlineSnapshot(`
      "graph g(x: bfloat16[2]) -> (y) {
        Cast = Cast(x) {to = 1}
        y = Less(Cast, Cast)
      }"
    `);
  });

  it("chooses among integers in a float that holds them", () => {
    expect(
      fitted("graph g(x: int32[1, 1, 4, 4]) -> (y) { y = MaxPool(x) {kernel_shape = [2, 2]} }"),
    ).toMatchInlineSnapshot(`
      "graph g(x: int32[1, 1, 4, 4]) -> (y) {
        Cast = Cast(x) {to = 11}
        MaxPool = MaxPool(Cast) {kernel_shape = [2, 2]}
        y = Cast(MaxPool) {to = 6}
      }"
    `);
  });

  it("looks at the operands of Where, not at its condition", () => {
    expect(fitted("graph g(c: bool[2], x: float32[2]) -> (y) { y = Where(c, x, x) }")).not.toContain("Cast");
  });

  it("says what no type can stand in for", () => {
    const graph = parseGraph("graph g(x: float64[2]) -> (y) { y = Erf(x) }");
    expect(fitKernels(graph, "test.pt2").map(({ message }) => message)).toEqual([
      "test.pt2: Erf at 'y' is not supported: ONNX Runtime has no kernel that computes Erf in float64; export the model in float32",
    ]);
  });
});
