// Files as five releases of PyTorch write them (conformance/fixtures/releases.py), at batch 1, 2 and 3.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type InputSpec, load } from "./load.ts";

interface Recorded {
  readonly dtype: "float32" | "int64";
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Case {
  readonly inputs: Readonly<Record<string, Recorded>>;
  readonly outputs: Readonly<Record<string, Recorded>>;
}

const FIXTURES = new URL("read/fixtures/", import.meta.url);

/** What the files of scripted and frozen models do not tell. */
const INPUTS: Readonly<Record<string, Readonly<Record<string, InputSpec>>>> = {
  image: {
    image: { dtype: "float32", shape: ["batch", 3, 9, 11] },
    gain: { dtype: "float32", shape: ["batch", 1] },
  },
  text: { tokens: { dtype: "int64", shape: ["batch", 6] } },
};

describe.each(readdirSync(FIXTURES))("a file of %s gives PyTorch's numbers", (release) => {
  const folder = new URL(`${release}/`, FIXTURES);
  const recorded: Readonly<Record<string, readonly Case[]>> = JSON.parse(
    readFileSync(new URL("numbers.json", folder), "utf8"),
  );
  const files = readdirSync(folder).filter((name) => name !== "numbers.json");

  it("in every form", () => {
    expect(files.length).toBeGreaterThanOrEqual(9);
  });

  it.each(files)("%s", async (file) => {
    const [name = "", kind = ""] = file.split(".");
    const inputs = ["scripted", "frozen"].includes(kind) ? INPUTS[name] : undefined;
    await using model = await load(new URL(file, folder), inputs ? { inputs } : {});
    for (const { inputs: given, outputs } of recorded[name] ?? []) {
      const results = await model.run(Object.fromEntries(Object.entries(given).map(array)));
      expect(Object.keys(results)).toHaveLength(Object.keys(outputs).length);
      for (const [index, want] of Object.values(outputs).entries()) {
        const result = results[model.outputs[index]?.name ?? ""];
        expect(result?.shape).toEqual(want.shape);
        const found = Array.from(result?.data ?? [], Number);
        const scale = want.dtype === "int64" ? 0 : Math.max(...want.data.map(Math.abs));
        const worst = Math.max(
          ...want.data.map((number, at) => Math.abs(number - (found[at] ?? Number.NaN))),
        );
        expect(worst).toBeLessThanOrEqual(1e-5 * scale);
      }
    }
  });
});

function array([name, { dtype, shape, data }]: [string, Recorded]) {
  const values = dtype === "int64" ? BigInt64Array.from(data.map(BigInt)) : Float32Array.from(data);
  return [name, { data: values, shape: [...shape] }] as const;
}
