// TorchScript models against what PyTorch computed (conformance/fixtures/torchscript.py), at two batch sizes.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type InputSpec, load } from "./load.ts";

interface Recorded {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

type Cases = readonly { readonly inputs: readonly Recorded[]; readonly outputs: readonly Recorded[] }[];

const FIXTURES = new URL("read/torchscript/fixtures/", import.meta.url);
const NUMBERS: Readonly<Record<string, Cases>> = JSON.parse(
  readFileSync(new URL("numbers.json", FIXTURES), "utf8"),
);

/** Inputs of models whose files do not tell. */
const INPUTS: Readonly<Record<string, Readonly<Record<string, InputSpec>>>> = {
  "small.scripted": { image: { dtype: "float32", shape: ["batch", 1, 4, 4] } },
  "small.frozen": { image: { dtype: "float32", shape: ["batch", 1, 4, 4] } },
  "steps.scripted": { x: { dtype: "float32", shape: ["batch", 5, 3] } },
  "choice.scripted": { x: { dtype: "float32", shape: ["batch", 2] } },
  "writes.scripted": { x: { dtype: "float32", shape: ["batch", 3, 2] } },
  "attend.scripted": { x: { dtype: "float32", shape: ["batch", 3, 4] } },
};

describe("a TorchScript model gives PyTorch's numbers", () => {
  it.each(Object.keys(NUMBERS))("%s", async (name) => {
    const inputs = INPUTS[name];
    await using model = await load(new URL(`${name}.pt`, FIXTURES), inputs ? { inputs } : {});
    for (const recorded of NUMBERS[name] ?? []) {
      const given = model.inputs.map((input, index) => {
        const { shape = [], data = [] } = recorded.inputs[index] ?? {};
        return [input.name, { data: Float32Array.from(data), shape: [...shape] }] as const;
      });
      const results = await model.run(Object.fromEntries(given));
      expect(model.outputs).toHaveLength(recorded.outputs.length);
      for (const [index, output] of model.outputs.entries()) {
        const result = results[output.name];
        const { shape, data = [] } = recorded.outputs[index] ?? {};
        expect(result?.shape).toEqual(shape);
        const scale = Math.max(1e-6, ...data.map(Math.abs));
        const worst = Math.max(...data.map((want, at) => Math.abs(want - Number(result?.data[at]))));
        expect(worst / scale).toBeLessThan(1e-5);
      }
    }
  });
});
