// Runs an operator in a wider dtype where TensorFlow has no kernel for the narrow one, and goes back.
// Invariant: only dtypes that hold every value of the narrow one are used, so that results are those of the narrow
// dtype for operators whose result fits it; the caller says so by using this.
import type { DType } from "../../tensor/dtype.ts";
import { type AttributeValues, hasKernel, MissingKernel, type TfOperator } from "../builder.ts";
import type { TfValue } from "../graph.ts";
import type { NodeLowering } from "./node-lowering.ts";

const WIDER: Readonly<Partial<Record<DType, readonly DType[]>>> = {
  bool: ["uint8", "int32"],
  int8: ["int16", "int32", "int64", "float32", "float64"],
  uint8: ["int16", "int32", "int64", "float32", "float64"],
  int16: ["int32", "int64", "float32", "float64"],
  uint16: ["int32", "int64", "float32", "float64"],
  int32: ["int64", "float64"],
  uint32: ["int64", "float64"],
  float16: ["float32", "float64"],
  bfloat16: ["float32", "float64"],
  float32: ["float64"],
};

/** The dtype itself, or the narrowest one that holds all its values and has a kernel. Throws MissingKernel. */
export function kernelType(op: TfOperator, dtype: DType, attribute = "T"): DType {
  if (hasKernel(op, dtype, attribute)) return dtype;
  const wider = WIDER[dtype]?.find((candidate) => hasKernel(op, candidate, attribute));
  if (!wider) throw new MissingKernel(op, dtype);
  return wider;
}

/**
 * The dtype in which sums of products are made: bfloat16 sums in float32 and rounds once, the same on every CPU.
 * TensorFlow 2.21's own bfloat16 products end the process where oneDNN takes a CPU to have more than it has.
 */
export function productType(op: TfOperator, dtype: DType): DType {
  return dtype === "bfloat16" ? "float32" : kernelType(op, dtype);
}

/** The operator in a dtype that has a kernel; the result has the first input's dtype, or `result`. */
export function widened(
  node: NodeLowering,
  op: TfOperator,
  inputs: readonly TfValue[],
  attributes: AttributeValues = {},
  result?: DType,
): TfValue {
  const dtype = inputs[0]?.dtype as DType; // data inputs are tensors
  const wide = kernelType(op, dtype);
  const output = node.op(
    op,
    inputs.map((input) => (input.dtype === dtype ? node.cast(input, wide) : input)),
    attributes,
  );
  const narrow = result ?? (output.dtype === wide ? dtype : (output.dtype as DType)); // comparisons give bool
  return node.cast(output, narrow);
}
