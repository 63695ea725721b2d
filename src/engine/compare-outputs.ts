// Whether two engines answered the same, as far as one request can tell.
import { elementsOf, isNumeric } from "../tensor/elements.ts";
import type { TensorValue } from "./engine.ts";

type Outputs = ReadonlyMap<string, TensorValue>;

/** Of the largest absolute value of an output; low enough for another model, high enough for other kernels. */
const TOLERANCE = 1e-2;

/** The first difference in words; undefined if there is none. */
export function firstDifference(one: Outputs | undefined, other: Outputs | undefined): string | undefined {
  if (!one || !other) return undefined;
  for (const [name, a] of one) {
    const b = other.get(name);
    if (!b) return `${name} is missing`;
    const difference = tensorDifference(a, b);
    if (difference !== undefined) return `${name}: ${difference}`;
  }
  return undefined;
}

function tensorDifference(a: TensorValue, b: TensorValue): string | undefined {
  const [typeOfA, typeOfB] = [a, b].map(({ dtype, shape }) => `${dtype}[${shape.join(",")}]`);
  if (typeOfA !== typeOfB) return `${typeOfA} and ${typeOfB}`;
  if (a.strings && b.strings) {
    const { strings } = b;
    const equal = a.strings.every((text, at) => Buffer.compare(text, strings[at] ?? new Uint8Array(0)) === 0);
    return equal ? undefined : "other strings";
  }
  if (!isNumeric(a.dtype)) return undefined;
  return numberDifference(elementsOf(a.dtype, a.data), elementsOf(a.dtype, b.data));
}

function numberDifference(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): string | undefined {
  let largest = 0;
  let difference = 0;
  for (let at = 0; at < a.length; at += 1) {
    const [x, y] = [Number(a[at]), Number(b[at])];
    if (Object.is(x, y) || x === y) continue;
    if (!Number.isFinite(x) || !Number.isFinite(y)) return `${x} and ${y}`;
    difference = Math.max(difference, Math.abs(x - y));
  }
  if (difference === 0) return undefined;
  for (let at = 0; at < a.length; at += 1) largest = Math.max(largest, Math.abs(Number(a[at])) || 0);
  return difference <= TOLERANCE * largest ? undefined : `differs by ${difference} of ${largest}`;
}
