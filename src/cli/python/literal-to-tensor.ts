// A Python literal as a tensor of a wanted dtype, by the rules of numpy.asarray(value, dtype), which TensorFlow applies.
// Sources: numpy.asarray; for strings TensorFlow's own rule (text becomes UTF-8).
import { type Problem, problem } from "../../core/errors.ts";
import type { TensorValue } from "../../engine/engine.ts";
import { BYTES_PER_ELEMENT, type DType, isUnsigned } from "../../tensor/dtype.ts";
import { bytesOf, isNumeric, type NumericDType } from "../../tensor/elements.ts";
import type { PythonValue } from "./parse-literal.ts";

/** `where` begins the message, such as `--input_exprs "x"`. Returns INPUT_VALUE if the value does not fit. */
export function literalToTensor(value: PythonValue, dtype: DType, where: string): TensorValue | Problem {
  const shape: number[] = [];
  for (let at: PythonValue | undefined = value; at && isSequence(at); at = at.items[0])
    shape.push(at.items.length);
  const leaves: PythonValue[] = [];
  const isRegular = collect(value, shape, 0, leaves);
  const bad = (reason: string) => problem("INPUT_VALUE", { where, reason, dtype });
  if (!isRegular) return bad("its nested lists differ in length");
  if (dtype === "string") return stringTensor(leaves, shape, bad);
  if (!isNumeric(dtype)) return bad("complex tensors cannot be written as an expression");
  const numbers: (number | bigint)[] = [];
  for (const leaf of leaves) {
    const element = numberOf(leaf, dtype);
    if (typeof element === "string") return bad(element);
    numbers.push(element);
  }
  return { dtype, shape, data: bytesOf(dtype, numbers) };
}

type Sequence = Extract<PythonValue, { readonly type: "list" | "tuple" | "set" }>;

function isSequence(value: PythonValue): value is Sequence {
  return value.type === "list" || value.type === "tuple";
}

/** Gathers the leaves in order; false if the nesting is not that of `shape` everywhere. */
function collect(
  value: PythonValue,
  shape: readonly number[],
  depth: number,
  leaves: PythonValue[],
): boolean {
  if (!isSequence(value)) {
    leaves.push(value);
    return depth === shape.length;
  }
  return (
    value.items.length === shape[depth] &&
    value.items.every((item) => collect(item, shape, depth + 1, leaves))
  );
}

function stringTensor(
  leaves: readonly PythonValue[],
  shape: readonly number[],
  bad: (reason: string) => Problem,
): TensorValue | Problem {
  const strings: Uint8Array[] = [];
  for (const leaf of leaves) {
    if (leaf.type === "str") strings.push(Buffer.from(leaf.value));
    else if (leaf.type === "bytes") strings.push(leaf.value);
    else return bad(`it holds a ${leaf.type}, not a string`);
  }
  return { dtype: "string", shape, data: new Uint8Array(), strings };
}

/** The element, or why it is none. */
function numberOf(leaf: PythonValue, dtype: NumericDType): number | bigint | string {
  switch (leaf.type) {
    case "int":
      return fits(leaf.value, dtype) ? leaf.value : `Python integer ${leaf.value} out of bounds for ${dtype}`;
    case "float":
      return leaf.value;
    case "bool":
      return leaf.value ? 1 : 0;
    case "None":
      return dtype.includes("float") ? Number.NaN : "it holds None";
    default:
      return `it holds a ${leaf.type}, not a number`;
  }
}

/** Python's integers are unbounded; numpy refuses those that the dtype cannot hold. */
function fits(value: bigint, dtype: NumericDType): boolean {
  if (dtype === "bool" || dtype.includes("float")) return true;
  const bits = BigInt(BYTES_PER_ELEMENT[dtype] * 8);
  return isUnsigned(dtype)
    ? value >= 0n && value < 1n << bits
    : value >= -(1n << (bits - 1n)) && value < 1n << (bits - 1n);
}
