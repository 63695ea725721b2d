// Declared and inferred types made one. The more specific size wins; a size that inference derives from the model's
// inputs is exact and wins over a declared number, which exporters copy from the example they traced.
// Not here: what a contradiction means (verify.ts).
import { type Dim, sameDim, symbolsIn } from "./dim.ts";
import { tensorType, type ValueType } from "./type.ts";

export interface Merged {
  readonly type: ValueType;
  /** The declared type cannot be true beside the inferred one. */
  readonly contradiction?: true;
}

/** `isFresh` tells symbols that inference made up for sizes that it does not know. */
export function mergeTypes(
  declared: ValueType | undefined,
  inferred: ValueType,
  isFresh: (symbol: string) => boolean,
): Merged {
  if (!declared) return { type: inferred };
  if (declared.kind !== "tensor" || inferred.kind !== "tensor") {
    return declared.kind === inferred.kind ? { type: inferred } : { type: inferred, contradiction: true };
  }
  if (declared.dtype !== inferred.dtype) return { type: inferred, contradiction: true };
  if (!inferred.shape) return { type: declared };
  if (!declared.shape) return { type: inferred };
  if (declared.shape.length !== inferred.shape.length) return { type: inferred, contradiction: true };
  let contradiction = false;
  const others = declared.shape;
  const shape = inferred.shape.map((dim, axis) => {
    const other = others[axis] ?? dim;
    if (typeof dim === "number") contradiction ||= typeof other === "number" && other !== dim;
    return mergeDims(other, dim, isFresh);
  });
  const type = tensorType(inferred.dtype, shape);
  return contradiction ? { type, contradiction: true } : { type };
}

function mergeDims(declared: Dim, inferred: Dim, isFresh: (symbol: string) => boolean): Dim {
  if (typeof inferred === "number" || sameDim(declared, inferred)) return inferred;
  return [...symbolsIn(inferred)].some(isFresh) ? declared : inferred;
}
