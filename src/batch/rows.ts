// Rows of tensors: taking them along the axis where the batch is, and comparing them.
import type { TensorValue } from "../engine/engine.ts";
import { BYTES_PER_ELEMENT, type DType } from "../tensor/dtype.ts";
import { elementsOf, isNumeric } from "../tensor/elements.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { BatchAxis } from "./batch-axis.ts";

/** The batch on an axis of its own. */
export function onAxis(axis: number): BatchAxis {
  return { axis, factor: 1, inner: 1 };
}

/** How many rows the value has; undefined if its shape has no such place. */
export function rowCount(value: TensorValue, { axis, factor }: BatchAxis): number | undefined {
  const size = value.shape[axis];
  return size !== undefined && size % factor === 0 ? size / factor : undefined;
}

/** The rows of these numbers, in this order. The value must have them. */
export function takeRows(value: TensorValue, place: BatchAxis, rows: readonly number[]): TensorValue {
  const { axis, factor, inner } = place;
  const count = rowCount(value, place) ?? 0;
  const outer = elementCount(value.shape.slice(0, axis)) * (factor / inner);
  const width = elementCount(value.shape.slice(axis + 1)) * inner * BYTES_PER_ELEMENT[value.dtype];
  const data = new Uint8Array(outer * rows.length * width);
  for (let group = 0; group < outer; group++) {
    for (const [at, row] of rows.entries()) {
      const from = (group * count + row) * width;
      data.set(value.data.subarray(from, from + width), (group * rows.length + at) * width);
    }
  }
  return { dtype: value.dtype, shape: value.shape.with(axis, rows.length * factor), data };
}

/** Differences relative to the largest value that rounding in another order explains. */
const TOLERANCES: Partial<Readonly<Record<DType, number>>> = {
  float64: 1e-9,
  float32: 1e-4,
  float16: 2e-3,
  bfloat16: 2e-2,
};

/** The largest finite absolute value; 0 for what has no numbers. */
export function largestValue({ dtype, data }: TensorValue): number {
  if (!isNumeric(dtype)) return 0;
  let largest = 0;
  for (const element of elementsOf(dtype, data)) {
    const size = Math.abs(Number(element));
    if (size > largest && size < Infinity) largest = size;
  }
  return largest;
}

/** Whether two tensors are equal: floats up to the dtype's tolerance times `scale`, all else exactly. */
export function areEqual(a: TensorValue, b: TensorValue, scale: number): boolean {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false;
  const { dtype } = a;
  const tolerance = TOLERANCES[dtype];
  if (tolerance === undefined || !isNumeric(dtype)) return Buffer.compare(a.data, b.data) === 0;
  const left = elementsOf(dtype, a.data);
  const right = elementsOf(dtype, b.data);
  return left.every((element, at) => isNear(Number(element), Number(right[at]), tolerance * scale));
}

function isNear(a: number, b: number, allowed: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  return Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= allowed;
}
