import { describe, expect, it } from "vitest";
import { FerryError } from "../../core/errors.ts";
import { numbersOf } from "../../tensor/numbers.ts";
import { readOnnx } from "./read-onnx.ts";
import { modelOfGraph, sourceOf } from "./testing/model-bytes.ts";

const UINT4 = 21;
const INT4 = 22;
const INT2 = 26;

/** The first weight of a model in which `op` takes one of that type. */
function weightOf(
  op: string,
  dataType: number,
  count: number,
  bytes: Partial<{ rawData: Uint8Array; int32Data: number[] }>,
) {
  const model = modelOfGraph({
    node: [{ opType: op, input: ["w", "s"], output: ["y"] }],
    initializer: [
      { name: "w", dataType, dims: [BigInt(count)], ...bytes },
      { name: "s", dataType: 1, floatData: [1] },
    ],
    output: [{ name: "y" }],
  });
  return readOnnx(sourceOf(model)).nodes[0]?.inputs[0]?.initializer;
}

describe("weights of less than 8 bits", () => {
  it.each([
    [INT4, "int8", [1, -8, 7], [0x81, 0x07]],
    [UINT4, "uint8", [1, 8, 15], [0x81, 0x0f]],
    [INT2, "int8", [1, -1, -2, 0, 1], [0b00101101, 0b01]],
  ])("of type %i are read as %s, raw and typed", (type, dtype, numbers, bytes) => {
    for (const held of [{ rawData: Uint8Array.from(bytes) }, { int32Data: bytes }]) {
      const weight = weightOf("DequantizeLinear", type, numbers.length, held);
      expect(weight?.dtype).toBe(dtype);
      expect(weight && numbersOf(weight)).toEqual(numbers);
    }
  });

  it("are refused where a wider type would show", () => {
    expect(() => weightOf("QuantizeLinear", INT4, 1, { rawData: Uint8Array.of(0) })).toThrow(
      "QuantizeLinear at 'y' is not supported: it takes a weight of less than 8 bits",
    );
  });

  it("must have as many bytes as their shape says", () => {
    expect(() => weightOf("Cast", INT4, 5, { rawData: Uint8Array.of(0, 0) })).toThrow(FerryError);
  });
});
