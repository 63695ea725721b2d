// The elements of a tensor as JSON, one at a time.
// Not here: lists around them (tensorflow-serving/rest/write-predictions.ts), strings (write-string.ts).
import type { TensorValue } from "../../engine/engine.ts";
import { writeFloat32, writeFloat64, writeInteger, writeText } from "./format-number.ts";
import type { JsonOutput } from "./json-output.ts";

/** Writes the element at an index. */
export type ElementWriter = (out: JsonOutput, index: number) => void;

/** A writer for a tensor's elements; undefined for types that JSON has no form for, and for strings. */
export function elementWriter(tensor: TensorValue): ElementWriter | undefined {
  switch (tensor.dtype) {
    case "float32":
      return decimals(viewOf(tensor.data, Float32Array), writeFloat32);
    case "float64":
      return decimals(viewOf(tensor.data, Float64Array), writeFloat64);
    case "int8":
      return decimals(viewOf(tensor.data, Int8Array), writeInteger);
    case "int16":
      return decimals(viewOf(tensor.data, Int16Array), writeInteger);
    case "int32":
      return decimals(viewOf(tensor.data, Int32Array), writeInteger);
    case "uint8":
      return decimals(viewOf(tensor.data, Uint8Array), writeInteger);
    case "uint32":
      return decimals(viewOf(tensor.data, Uint32Array), writeInteger);
    case "int64":
      return longs(viewOf(tensor.data, BigInt64Array));
    case "uint64":
      return longs(viewOf(tensor.data, BigUint64Array));
    case "bool":
      return booleans(tensor.data);
    default:
      return undefined;
  }
}

type Numbers = { readonly [index: number]: number };

function decimals(
  values: Numbers,
  write: (out: Uint8Array, at: number, value: number) => number,
): ElementWriter {
  return (out, index) => {
    out.at = write(out.bytes, out.at, values[index] as number);
  };
}

function longs(values: { readonly [index: number]: bigint }): ElementWriter {
  return (out, index) => {
    const value = values[index] as bigint;
    const near = Number(value);
    out.at = Number.isSafeInteger(near)
      ? writeInteger(out.bytes, out.at, near)
      : writeText(out.bytes, out.at, String(value));
  };
}

function booleans(values: Uint8Array): ElementWriter {
  return (out, index) => {
    out.at = writeText(out.bytes, out.at, values[index] ? "true" : "false");
  };
}

interface View<T> {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

/** Bytes as numbers; copied if they do not lie where the processor wants them. */
function viewOf<T>(data: Uint8Array, Type: View<T>): T {
  const aligned = data.byteOffset % Type.BYTES_PER_ELEMENT === 0 ? data : data.slice();
  return new Type(aligned.buffer, aligned.byteOffset, aligned.byteLength / Type.BYTES_PER_ELEMENT);
}
