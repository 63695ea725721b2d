// Every family of rules against PyTorch's own results: programs exported and run by conformance/fixtures/aten_rules.py
// are lowered, written as ONNX and run by ONNX Runtime.
import ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { type DType, isComplex, isFloat } from "../../../tensor/dtype.ts";
import { numbersOf, tensorOfNumbers } from "../../../tensor/numbers.ts";
import { tensorFromBytes } from "../../../tensor/tensor.ts";
import { encodeOnnx } from "../../../write/onnx/encode-graph.ts";
import { lowerAten } from "../lower.ts";
import type { AtenProgram } from "../program.ts";
import { type RecordedProgram, recordedProgram } from "../text/recorded-program.ts";
import fixtures from "./recorded.fixtures.json" with { type: "json" };

interface Recorded {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

interface Case extends RecordedProgram {
  readonly name: string;
  readonly inputs: readonly Recorded[];
  readonly outputs: readonly Recorded[];
}

/** Largest difference allowed, as a share of the output's largest value. */
const TOLERANCE: Partial<Record<DType, number>> = { float16: 2e-3, float64: 1e-9 };

async function run(program: AtenProgram, inputs: readonly Recorded[]): Promise<ort.Tensor[]> {
  const session = await ort.InferenceSession.create(encodeOnnx(lowerAten(program), () => undefined));
  const feeds = Object.fromEntries(
    session.inputNames.map((name, index) => [name, fed(inputs[index] as Recorded)]),
  );
  const results = await session.run(feeds);
  const outputs = session.outputNames.map((name) => results[name] as ort.Tensor);
  await session.release();
  return outputs;
}

function fed(recorded: Recorded): ort.Tensor {
  const { dtype, shape, data } = recorded;
  if (dtype === "int64") return new ort.Tensor("int64", BigInt64Array.from(data.map(BigInt)), shape);
  if (dtype === "bool") return new ort.Tensor("bool", Uint8Array.from(data.map(Number)), shape);
  return new ort.Tensor("float32", Float32Array.from(data.map(numeral)), shape);
}

/** JSON has no infinities and no NaN; Python's words stand for them. */
function numeral(value: number | string): number {
  return Number(String(value).replace("inf", "Infinity"));
}

/** Elements of a result as numbers; ONNX Runtime gives half floats as bits. */
function elements(tensor: ort.Tensor): number[] {
  const data = tensor.data as Uint16Array; // of whichever width; only half floats are read as such
  if (tensor.type !== "float16") return Array.from(tensor.data as Float32Array, Number);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return numbersOf(tensorFromBytes("float16", tensor.dims, bytes));
}

function expectEqual(actual: ort.Tensor, wanted: Recorded, label: string): void {
  const dtype = wanted.dtype as DType; // the fixtures' names are ours
  const complex = isComplex(dtype);
  expect([label, actual.type, [...actual.dims]]).toEqual([
    label,
    complex ? "float32" : dtype,
    complex ? [...wanted.shape, 2] : wanted.shape,
  ]);
  const numbers = wanted.data.map(numeral);
  const scale = Math.max(0, ...numbers.filter(Number.isFinite).map(Math.abs)) || 1;
  const allowed = isFloat(dtype) || complex ? (TOLERANCE[dtype] ?? 1e-5) * scale : 0;
  for (const [index, got] of elements(actual).entries()) {
    const want = numbers[index] as number;
    const close = Object.is(got, want) || got === want || Math.abs(got - want) <= allowed;
    if (!close) expect(`${label}[${index}] = ${got}`).toBe(`${label}[${index}] = ${want}`);
  }
}

describe("rules against PyTorch", () => {
  it.each(fixtures as unknown as Case[])("$name", async (recorded) => {
    const outputs = await run(recordedProgram(recorded), recorded.inputs);
    expect(outputs.length).toBe(recorded.outputs.length);
    for (const [index, output] of outputs.entries()) {
      expectEqual(output, recorded.outputs[index] as Recorded, `output ${index}`);
    }
  });

  it("would notice a wrong number", () => {
    const wanted = { dtype: "float32", shape: [1], data: [1] };
    expect(() => expectEqual(new ort.Tensor("float32", [1.001], [1]), wanted, "x")).toThrow();
    expect(() => expectEqual(new ort.Tensor("float32", [1], []), wanted, "x")).toThrow();
    expect(numbersOf(tensorOfNumbers("float16", [1], [1]))).toEqual([1]);
  });
});
