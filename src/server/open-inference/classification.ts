// The classification extension: an output as its k largest elements, each as the text `score:index`.
// Source: Triton's extension_classification.md. Labels, which would follow, are not part of a served model.
import { type Problem, problem } from "../../core/errors.ts";
import type { TensorValue } from "../../engine/engine.ts";
import { isInteger } from "../../tensor/dtype.ts";
import { type Elements, elementsOf, isNumeric } from "../../tensor/elements.ts";

/** Elements looked at between two looks at other work. */
const ELEMENTS_A_SLICE = 8192;

/** The classes of each row if axis 0 is a batch, or of the whole tensor: [batch, k] or [k] texts. */
export function* classify(
  output: string,
  { dtype, shape, data }: TensorValue,
  count: number,
  batched: boolean,
): Generator<undefined, TensorValue | Problem> {
  const rows = batched ? (shape[0] ?? 1) : 1;
  const perRow = shape.slice(batched ? 1 : 0).reduce((product, size) => product * size, 1);
  const refuse = (reason: string): Problem => problem("OIP_CLASSIFICATION", { output, found: count, reason });
  if (!isNumeric(dtype) || dtype === "bool") return refuse(`the output is ${dtype}`);
  if (count > perRow) return refuse(`it has ${perRow} classes`);
  const scores = elementsOf(dtype, data);
  const strings: Uint8Array[] = [];
  for (let row = 0; row < rows; row++) {
    const first = row * perRow;
    for (const index of yield* largest(scores, first, perRow, count)) {
      strings.push(Buffer.from(`${scoreText(scores[first + index] ?? 0, isInteger(dtype))}:${index}`));
    }
  }
  return { dtype: "string", shape: batched ? [rows, count] : [count], data: new Uint8Array(0), strings };
}

/** Indices of the largest of `length` elements from `first` on, the largest first; of equals the earlier one. */
function* largest(
  scores: Elements,
  first: number,
  length: number,
  count: number,
): Generator<undefined, readonly number[]> {
  const indices: number[] = [];
  for (let index = 0; index < length; index++) {
    if (index % ELEMENTS_A_SLICE === ELEMENTS_A_SLICE - 1) yield;
    const score = scores[first + index] ?? 0;
    const above = (other: number | undefined): boolean =>
      other === undefined || isAbove(score, scores[first + other] ?? 0);
    if (indices.length === count && !above(indices.at(-1))) continue;
    let low = 0;
    let high = indices.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (above(indices[middle])) high = middle;
      else low = middle + 1;
    }
    indices.splice(low, 0, index);
    if (indices.length > count) indices.pop();
  }
  return indices;
}

/** Larger; anything is larger than what is no number. */
function isAbove(score: number | bigint, other: number | bigint): boolean {
  return score > other || (Number.isNaN(other) && !Number.isNaN(score));
}

/** As C prints it: six digits behind the point, none for integers. */
function scoreText(score: number | bigint, whole: boolean): string {
  return whole ? String(score) : Number(score).toFixed(6);
}
