import { describe, expect, it } from "vitest";
import { FerryError } from "../core/errors.ts";
import { addDims, mulDims, symbol } from "../graph/dim.ts";
import { bytesOf, elementsOf, type NumericDType } from "../tensor/elements.ts";
import { tensorFromBytes } from "../tensor/tensor.ts";
import { type Generation, generatedCases, type InputType, recordedCases } from "./cases.ts";

const OF: Generation = { file: "m.pt2", batchSizes: [1, 3], sizes: {}, seed: 7, examples: [] };
const batch = symbol("batch");

function input(dtype: InputType["dtype"], shape: InputType["shape"], name = "x"): InputType {
  return { name, dtype, shape };
}

function elements(inputs: readonly InputType[], of: Partial<Generation> = {}) {
  const [first] = generatedCases(inputs, { ...OF, ...of });
  return (first?.inputs ?? []).map(({ dtype, data }) =>
    [...elementsOf(dtype as NumericDType, data)].map(Number),
  );
}

describe("generatedCases", () => {
  it("tries every batch size, and gives other free sizes what the caller, the example or nobody says", () => {
    const inputs = [
      input("float32", [batch, symbol("height"), symbol("width"), 3]),
      input("float32", [addDims(mulDims(batch, 2), 1), symbol("other")], "y"),
    ];
    const examples = [{ shape: [2, 48, 40, 3] }, { shape: [5, 9] }];
    const cases = generatedCases(inputs, { ...OF, sizes: { height: 8 }, examples });
    expect(cases.map(({ name }) => name)).toEqual(["1", "3"]);
    expect(cases.map((one) => one.inputs.map(({ shape }) => shape))).toEqual([
      [
        [1, 8, 40, 3],
        [3, 9],
      ],
      [
        [3, 8, 40, 3],
        [7, 9],
      ],
    ]);
    expect(generatedCases([input("float32", [batch, symbol("n")])], OF)[0]?.inputs[0]?.shape).toEqual([
      1, 32,
    ]);
  });

  it("makes one case where no batch is free", () => {
    const cases = generatedCases([input("float32", [4, 2])], OF);
    expect(cases.map(({ name, inputs }) => [name, inputs[0]?.shape])).toEqual([["4", [4, 2]]]);
  });

  it("stays within what integers may index", () => {
    const tokens = [input("int64", [batch, 200])];
    expect(new Set(elements(tokens)[0])).toEqual(new Set([0, 1]));
    const ofExample = elements(tokens, { examples: [{ shape: [2, 200], least: 5, most: 7 }] })[0];
    expect(new Set(ofExample)).toEqual(new Set([5, 6, 7]));
    expect(Math.max(...(elements([input("uint8", [batch, 500])])[0] ?? []))).toBeGreaterThan(200);
    expect(elements([input("bool", [batch, 9])])[0]?.[0]).toBe(1);
  });

  it("gives the same numbers for the same seed, normally distributed", () => {
    const image = [input("float32", [batch, 5000])];
    const [first, again, other] = [elements(image)[0], elements(image)[0], elements(image, { seed: 8 })[0]];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean(first ?? []))).toBeLessThan(0.05);
    expect(Math.abs(mean((first ?? []).map((value) => value * value)) - 1)).toBeLessThan(0.1);
  });

  it("makes nothing up for strings and unknown shapes, and says so of all of them", () => {
    const inputs = [input("string", [batch], "text"), input("float32", undefined, "any")];
    const thrown = () => generatedCases(inputs, { ...OF, batchSizes: [1] });
    expect(thrown).toThrow(FerryError);
    expect(thrown).toThrow(/'text' is string.*\n.*'any' is of unknown rank/);
  });
});

describe("recordedCases", () => {
  const array = (value: number) => tensorFromBytes("float32", [1], bytesOf("float32", [value]));
  const inputs = [input("float32", [batch], "x"), input("float32", [batch], "y")];

  it("takes arrays by name or by place, in groups", () => {
    const arrays = new Map([
      ["b2.x", array(1)],
      ["b2.in1", array(2)],
      ["b2.out0", array(3)],
      ["b3.in0", array(4)],
      ["b3.y", array(5)],
      ["b3.z", array(6)],
    ]);
    const cases = recordedCases({ file: "r.npz", arrays }, inputs, ["z"], true);
    const first = (data: Uint8Array | undefined) => data && elementsOf("float32", data)[0];
    expect(
      cases.map((one) => [
        one.name,
        ...one.inputs.map(({ data }) => first(data)),
        first(one.outputs?.[0]?.read()),
      ]),
    ).toEqual([
      ["b2", 1, 2, 3],
      ["b3", 4, 5, 6],
    ]);
  });

  it("leaves outputs to the source where there is one, and misses nothing silently", () => {
    const arrays = new Map([
      ["in0", array(1)],
      ["in1", array(2)],
    ]);
    expect(recordedCases({ file: "r.npz", arrays }, inputs, ["z"], false)[0]?.outputs).toBeUndefined();
    expect(() => recordedCases({ file: "r.npz", arrays }, inputs, ["z"], true)).toThrow(/output z/);
    expect(() => recordedCases({ file: "r.npz", arrays: new Map() }, inputs, ["z"], true)).not.toThrow();
    expect(() =>
      recordedCases({ file: "r.npz", arrays: new Map([["in1", array(2)]]) }, inputs, ["z"], false),
    ).toThrow(/input x.*'x' or 'in0'/);
  });
});
