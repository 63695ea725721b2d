import { describe, expect, it } from "vitest";
import { convolutions, identityModel, type NodeInit, onnxModel, type Port } from "../testing/onnx-model.ts";
import { hasSteadyCost } from "./steady-cost.ts";

const x: Port = { name: "x", dtype: "float32", shape: ["n", 4] };
const n: Port = { name: "n", dtype: "int64", shape: [1] };
const y: Port = { name: "y", dtype: "float32", shape: ["a", "b"] };

function isSteady(inputs: readonly Port[], nodes: readonly NodeInit[]): boolean {
  return hasSteadyCost(onnxModel({ inputs, outputs: [y], nodes }));
}

describe("hasSteadyCost", () => {
  it("is true where shapes decide", () => {
    expect(hasSteadyCost(onnxModel(convolutions(3)))).toBe(true);
    expect(hasSteadyCost(onnxModel(identityModel("int64", ["n"])))).toBe(true);
  });

  it("lets sizes come from shapes, but not from contents", () => {
    const shape: NodeInit = { opType: "Shape", input: ["x"], output: ["s"] };
    const expand = (size: string): NodeInit => ({ opType: "Expand", input: ["x", size], output: ["y"] });
    expect(isSteady([x], [shape, expand("s")])).toBe(true);
    expect(isSteady([x, n], [shape, expand("n")])).toBe(false);
    const through: NodeInit = { opType: "Add", input: ["s", "n"], output: ["t"] };
    expect(isSteady([x, n], [shape, through, expand("t")])).toBe(false);
    const range: NodeInit = { opType: "Range", input: ["zero", "n", "one"], output: ["y"] };
    expect(isSteady([n], [range])).toBe(false);
  });

  it("is false for loops, choices, selections and operators of others", () => {
    for (const opType of ["Loop", "If", "Scan", "NonZero", "NonMaxSuppression", "SequenceMap"]) {
      expect(isSteady([x], [{ opType, input: ["x"], output: ["y"] }])).toBe(false);
    }
    const foreign = { opType: "Gelu", domain: "com.microsoft", input: ["x"], output: ["y"] };
    expect(isSteady([x], [foreign])).toBe(false);
  });

  it("is false for strings and for what is no model", () => {
    expect(hasSteadyCost(onnxModel(identityModel("string", ["n"])))).toBe(false);
    expect(hasSteadyCost(new TextEncoder().encode("no model"))).toBe(false);
  });
});
