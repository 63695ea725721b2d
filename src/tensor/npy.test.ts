// .npy files against NumPy's own bytes, and against hostile ones.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../core/byte-source.ts";
import { readNpy, writeNpy } from "./npy.ts";
import { type Tensor, tensorFromBytes, tensorFromStrings } from "./tensor.ts";

const FIXTURES: Record<string, string> = JSON.parse(
  readFileSync(new URL("npy.fixtures.json", import.meta.url), "utf8"),
);

const file = (name: string): Uint8Array => Uint8Array.from(Buffer.from(FIXTURES[name] ?? "", "base64"));
const read = (name: string): Tensor => readNpy(bytesSource("a.npy", file(name)));

function numbers(tensor: Tensor): number[] {
  const bytes = tensor.read().slice();
  if (tensor.dtype === "float32" || tensor.dtype === "complex64") return [...new Float32Array(bytes.buffer)];
  if (tensor.dtype === "int32") return [...new Int32Array(bytes.buffer)];
  if (tensor.dtype === "int16") return [...new Int16Array(bytes.buffer)];
  throw new Error(tensor.dtype);
}

describe("readNpy", () => {
  it("reads what numpy.save wrote", () => {
    expect(read("float32")).toMatchObject({ dtype: "float32", shape: [2, 3] });
    expect(numbers(read("float32"))).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
    expect(read("float64 scalar")).toMatchObject({ dtype: "float64", shape: [], byteLength: 8 });
    expect([...new BigInt64Array(read("int64 vector").read().slice().buffer)]).toEqual([-1n, 2n, 2n ** 62n]);
    expect([...read("bool").read()]).toEqual([1, 0, 1]);
    expect(read("empty")).toMatchObject({ shape: [0, 3], byteLength: 0 });
  });

  it("reads every version of the header", () => {
    for (const name of ["version 2", "version 3"]) expect([...read(name).read()]).toEqual([1, 2]);
  });

  it("puts Fortran order and big-endian bytes right", () => {
    expect(numbers(read("fortran"))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(numbers(read("big-endian"))).toEqual([0, 1, 2, 3]);
    expect(numbers(read("big-endian complex"))).toEqual([1, 2]);
    expect(numbers(read("big-endian fortran"))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("reads byte strings and texts", () => {
    const texts = (name: string) => read(name).strings?.map((text) => new TextDecoder().decode(text));
    expect(texts("bytes")).toEqual(["a", "bcd", ""]);
    expect(texts("texts")).toEqual(["é", "日本", "", "x"]);
    expect(texts("big-endian texts")).toEqual(["ab"]);
  });

  it("says what it does not read", () => {
    expect(() => read("objects")).toThrow(/a\.npy: holds Python objects.*pickle/);
    expect(() => read("records")).toThrow(/record array/);
    expect(() => read("dates")).toThrow(/dates/);
    expect(() => readNpy(bytesSource("a.npy", new Uint8Array(40)))).toThrow(/does not begin with/);
  });
});

describe("writeNpy", () => {
  it("writes numpy.save's bytes", () => {
    for (const name of [
      "float32",
      "float64 scalar",
      "int64 vector",
      "bool",
      "uint16 cube",
      "complex64",
      "empty",
      "bytes",
    ]) {
      expect(Buffer.from(writeNpy(read(name))).toString("base64"), name).toBe(FIXTURES[name]);
    }
  });

  it("writes what readNpy reads", () => {
    const tensor = fc
      .tuple(fc.array(fc.nat(4), { maxLength: 4 }), fc.constantFrom("int8" as const, "float64" as const))
      .chain(([shape, dtype]) => {
        const length = shape.reduce((product, size) => product * size, dtype === "int8" ? 1 : 8);
        return fc
          .uint8Array({ minLength: length, maxLength: length })
          .map((bytes) => tensorFromBytes(dtype, shape, bytes));
      });
    fc.assert(
      fc.property(tensor, (original) => {
        const copy = readNpy(bytesSource("a.npy", writeNpy(original)));
        expect([copy.dtype, copy.shape, copy.read()]).toEqual([
          original.dtype,
          original.shape,
          original.read(),
        ]);
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it("writes raw bytes for bfloat16, as ml_dtypes arrays are saved", () => {
    const header = writeNpy(tensorFromBytes("bfloat16", [1], new Uint8Array(2))).subarray(10, 25);
    expect(new TextDecoder().decode(header)).toBe("{'descr': '<V2'");
  });

  it("writes a tensor without elements as strings of width 1", () => {
    expect(readNpy(bytesSource("a.npy", writeNpy(tensorFromStrings([0], [])))).shape).toEqual([0]);
  });
});
