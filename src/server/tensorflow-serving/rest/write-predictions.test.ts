import { describe, expect, it } from "vitest";
import type { TensorValue } from "../../../engine/engine.ts";
import { signature, spec } from "../../testing/half-plus-two.ts";
import { loadedManager, type RestAnswer, rest } from "../../testing/model-server.ts";

// TensorFlow Serving's own cases are in ../cases/json-tensor-responses.test.ts.
describe("answers", () => {
  const tensor = (
    dtype: "int32" | "float32" | "int64" | "bool" | "float64",
    shape: number[],
    values: number[],
  ) => {
    const arrays = { int32: Int32Array, float32: Float32Array, float64: Float64Array, bool: Uint8Array };
    const data = dtype === "int64" ? new BigInt64Array(values.map(BigInt)) : new arrays[dtype](values);
    return { dtype, shape, data: new Uint8Array(data.buffer) };
  };
  const text = (shape: number[], ...strings: string[]) => ({
    dtype: "string" as const,
    shape,
    data: new Uint8Array(0),
    strings: strings.map((one) => Buffer.from(one)),
  });
  type Outputs = Map<string, TensorValue>;

  /** What a model with these outputs answers, per key of the request. */
  async function answer(outputs: Outputs, key: "instances" | "inputs"): Promise<RestAnswer> {
    const specs = [...outputs].map(([name, value]) => spec(name, value.dtype, undefined));
    const signatures = [signature("serving_default", [spec("x", "float32", undefined)], specs)];
    const models = await loadedManager({ m: [1] }, { signatures, outputs });
    return rest({ models }, { url: "/v1/models/m:predict", body: `{"${key}":[1]}` });
  }

  it("have a list or an object for each row, and a list for each column", async () => {
    const outputs = new Map<string, TensorValue>([
      ["int", tensor("int64", [2, 1], [-1, 2])],
      ["flag", tensor("bool", [2], [1, 0])],
      ["str", text([2], 'a"\n\u0001é', "b")],
      ["double", tensor("float64", [2], [8, 9.5])],
    ]);
    expect(JSON.parse((await answer(outputs, "instances")).body)).toEqual({
      predictions: [
        { int: [-1], flag: true, str: 'a"\n\u0001é', double: 8 },
        { int: [2], flag: false, str: "b", double: 9.5 },
      ],
    });
    expect(JSON.parse((await answer(outputs, "inputs")).body)).toEqual({
      outputs: { int: [[-1], [2]], flag: [true, false], str: ['a"\n\u0001é', "b"], double: [8, 9.5] },
    });
  });

  it("prints floats with six digits, and what is not finite bare", async () => {
    const six = tensor("float32", [2, 3], [9000000, 999999, 0.5, 0.0003, 0.00003, 555557.5]);
    expect((await answer(new Map([["t", six]]), "instances")).body).toBe(
      '{\n    "predictions": [[9e+06, 999999.0, 0.5], [0.0003, 3e-05, 555557.5]\n    ]\n}',
    );
    const odd = tensor(
      "float32",
      [2, 2],
      [Number.NaN, Number.POSITIVE_INFINITY, 3, Number.NEGATIVE_INFINITY],
    );
    expect((await answer(new Map([["t", odd]]), "instances")).body).toContain(
      "[[NaN, Infinity], [3.0, -Infinity]",
    );
  });

  it("prints empty lists and lists of no rows", async () => {
    const empty = await answer(new Map([["t", tensor("int32", [2, 0], [])]]), "instances");
    expect(empty.body).toBe('{\n    "predictions": [[], []\n    ]\n}');
    const none = await answer(new Map([["t", tensor("int32", [0, 2], [])]]), "instances");
    expect(none.body).toBe('{\n    "predictions": []\n}');
  });

  it("refuses what has no row form or no JSON form", async () => {
    const message = async (outputs: Outputs, key: "instances" | "inputs" = "instances") => {
      const { status, body } = await answer(outputs, key);
      return [status, (JSON.parse(body) as { error: string }).error];
    };
    expect(await message(new Map([["s", tensor("int32", [], [1])]]))).toEqual([
      400,
      "Tensor name: s has no shape information ",
    ]);
    const uneven = new Map<string, TensorValue>([
      ["a", tensor("int32", [2, 3], [1, 2, 3, 4, 5, 6])],
      ["b", text([1], "x")],
    ]);
    expect(await message(uneven)).toEqual([
      400,
      "Tensor name: b has inconsistent batch size: 1 expecting: 2",
    ]);
    const half = { dtype: "float16" as const, shape: [1], data: new Uint8Array(2) };
    expect(await message(new Map([["h", half]]), "inputs")).toEqual([
      400,
      "Failed to write JSON value for tensor type: half",
    ]);
    expect(await message(new Map())).toEqual([400, "Cannot convert empty tensor map to JSON"]);
  });

  it("writes large answers in pieces that read back as they were", async () => {
    const values = Array.from({ length: 60_000 }, (_, index) => Math.fround(Math.sin(index) * 1000));
    const big = tensor("float32", [3, 100, 200], values);
    for (const key of ["instances", "inputs"] as const) {
      const parsed = JSON.parse((await answer(new Map([["t", big]]), key)).body) as Record<
        string,
        number[][][]
      >;
      const [rows = []] = Object.values(parsed);
      expect(rows.flat(2).map(Math.fround)).toEqual(values);
    }
  });
});
