// Whether a tensor equals the one it should be, by the tolerances that the project promises.
// Equal means: same dtype, same shape; integers, booleans and strings exactly; floats with NaN and infinities in the
// same places and no difference above the dtype's tolerance times the largest finite absolute value wanted.
import type { TensorValue } from "../engine/engine.ts";
import type { DType } from "../tensor/dtype.ts";
import { elementsOf, isNumeric, type NumericDType } from "../tensor/elements.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Differences relative to the largest value that rounding in another order explains. */
const TOLERANCES: Partial<Readonly<Record<DType, number>>> = {
  float64: 1e-9,
  float32: 1e-4,
  float16: 2e-3,
  bfloat16: 2e-2,
};

export interface Comparison {
  readonly isEqual: boolean;
  /** The largest absolute difference between finite elements; undefined if there was nothing to subtract. */
  readonly largestError: number | undefined;
  /** The same relative to the largest finite absolute value wanted; infinite where all of them are zero. */
  readonly relativeError: number | undefined;
  /** The largest error that counts as equal. */
  readonly allowedError: number;
  /** Why not equal, if not by the errors alone. */
  readonly reason: string | undefined;
  /** What makes the comparison prove little: there is nothing to compare, or the same number everywhere. */
  readonly weakness: "empty" | "constant" | undefined;
}

/** The largest error, relative to the largest value, that counts as equal; 0 for what must be exact. */
export function toleranceOf(dtype: DType): number {
  return TOLERANCES[dtype] ?? 0;
}

/** Compares what came out with what should have. `tolerance` takes the place of the dtype's own, for floats. */
export function compareTensors(found: TensorValue, wanted: Tensor, tolerance?: number): Comparison {
  if (found.dtype !== wanted.dtype) return differs(`dtype ${found.dtype} instead of ${wanted.dtype}`);
  if (found.shape.join() !== wanted.shape.join()) {
    return differs(`shape (${found.shape.join(", ")}) instead of (${wanted.shape.join(", ")})`);
  }
  if (!isNumeric(found.dtype)) return compareStrings(found.strings ?? [], wanted.strings ?? []);
  const own = toleranceOf(found.dtype);
  return compareNumbers(found.dtype, found.data, wanted.read(), own === 0 ? 0 : (tolerance ?? own));
}

function differs(reason: string): Comparison {
  const nothing = { largestError: undefined, relativeError: undefined, weakness: undefined };
  return { isEqual: false, allowedError: 0, reason, ...nothing };
}

function compareStrings(found: readonly Uint8Array[], wanted: readonly Uint8Array[]): Comparison {
  const at = wanted.findIndex((text, index) => Buffer.compare(text, found[index] ?? new Uint8Array()) !== 0);
  if (at !== -1) return differs(`string ${at} differs`);
  const weakness = wanted.length === 0 ? "empty" : undefined;
  const nothing = { largestError: undefined, relativeError: undefined, reason: undefined };
  return { isEqual: true, allowedError: 0, weakness, ...nothing };
}

function compareNumbers(
  dtype: NumericDType,
  foundBytes: Uint8Array,
  wantedBytes: Uint8Array,
  tolerance: number,
): Comparison {
  const found = elementsOf(dtype, foundBytes);
  const wanted = elementsOf(dtype, wantedBytes);
  let largestError = 0;
  let largestValue = 0;
  for (let at = 0; at < wanted.length; at++) {
    const a = Number(found[at]);
    const b = Number(wanted[at]);
    if (found[at] === wanted[at] || (Number.isNaN(a) && Number.isNaN(b))) {
      if (Number.isFinite(b)) largestValue = Math.max(largestValue, Math.abs(b));
      continue;
    }
    if (!Number.isFinite(a) || !Number.isFinite(b)) return differs(`${a} instead of ${b} at element ${at}`);
    largestValue = Math.max(largestValue, Math.abs(b));
    // Beyond 2^53 two different integers can become one double; they still differ.
    largestError = Math.max(largestError, Math.abs(a - b) || 1);
  }
  const allowedError = tolerance * largestValue;
  return {
    isEqual: largestError <= allowedError,
    largestError,
    relativeError: largestError === 0 ? 0 : largestError / largestValue,
    allowedError,
    reason: undefined,
    weakness: weaknessOf(wanted),
  };
}

/** A single number is what some outputs are, so that one element counts as something to compare. */
function weaknessOf(wanted: ArrayLike<number | bigint>): Comparison["weakness"] {
  if (wanted.length === 0) return "empty";
  if (wanted.length === 1) return undefined;
  for (let at = 1; at < wanted.length; at++) if (!Object.is(wanted[at], wanted[0])) return undefined;
  return "constant";
}
