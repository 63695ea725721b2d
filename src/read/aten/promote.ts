// PyTorch's type promotion: dtype of a result from its operands.
// Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
// Operands rank in three classes: tensors with dimensions, then tensors without, then Python numbers; a lower class decides
// only by its category (bool < integer < float < complex), never by its width.
import { type DType, isComplex, isFloat } from "../../tensor/dtype.ts";

export interface Operand {
  readonly dtype: DType;
  readonly rank: "dims" | "scalar" | "number";
}

const CATEGORIES = ["bool", "integer", "float", "complex"] as const;

function category(dtype: DType): number {
  if (dtype === "bool") return 0;
  if (isComplex(dtype)) return 3;
  return isFloat(dtype) ? 2 : 1;
}

const INTEGER_BITS: Partial<Record<DType, number>> = { int8: 7, int16: 15, int32: 31, int64: 63 };
const UNSIGNED_BITS: Partial<Record<DType, number>> = { uint8: 8, uint16: 16, uint32: 32, uint64: 64 };

/** The common dtype of operands, as `torch.result_type` gives it. At least one operand is wanted. */
export function promote(operands: readonly Operand[]): DType {
  const classes = (["dims", "scalar", "number"] as const).map((rank) =>
    operands
      .filter((operand) => operand.rank === rank)
      .map((operand) => operand.dtype)
      .reduce<DType | undefined>((a, b) => (a === undefined ? b : promotePair(a, b)), undefined),
  );
  let result: DType | undefined;
  for (const dtype of classes) {
    if (dtype === undefined) continue;
    if (result === undefined || category(dtype) > category(result)) result = widen(result, dtype);
  }
  return result ?? "float32";
}

/** A complex number of a lower class takes the width of the floats above it. */
function widen(higher: DType | undefined, lower: DType): DType {
  if (higher === "float64" && isComplex(lower)) return "complex128";
  return lower;
}

function promotePair(a: DType, b: DType): DType {
  if (a === b) return a;
  const [low, high] = category(a) <= category(b) ? [a, b] : [b, a];
  const kind = CATEGORIES[category(high)];
  if (category(low) < category(high)) return kind === "complex" && low === "float64" ? "complex128" : high;
  if (kind === "complex") return "complex128";
  if (kind === "float") return widerFloat(a, b);
  return widerInteger(a, b);
}

function widerFloat(a: DType, b: DType): DType {
  if (a === "float64" || b === "float64") return "float64";
  // float16 and bfloat16 hold no common subset wider than either, so they meet in float32.
  return "float32";
}

function widerInteger(a: DType, b: DType): DType {
  const bits = (dtype: DType) => INTEGER_BITS[dtype] ?? UNSIGNED_BITS[dtype] ?? 0;
  const [small, large] = bits(a) <= bits(b) ? [a, b] : [b, a];
  if (small in UNSIGNED_BITS === large in UNSIGNED_BITS) return large;
  if (large in INTEGER_BITS) return large;
  return large === "uint8" ? "int16" : large === "uint16" ? "int32" : "int64";
}

/** The float type that integers become where a result must be real; floats stay. */
export function realOf(dtype: DType): DType {
  return isFloat(dtype) || isComplex(dtype) ? dtype : "float32";
}
