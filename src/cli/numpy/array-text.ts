// An array as numpy prints it: nested brackets, lines of at most 75 columns, dots in place of the inside of large ones.
// Source: numpy's array2string with its default print options.
// Not here: reading and writing .npy (tensor/npy.ts).

import type { TensorValue } from "../../engine/engine.ts";
import { elementsOf, isNumeric } from "../../tensor/elements.ts";
import { isSmallFloat } from "../../tensor/small-float.ts";
import { elementCount } from "../../tensor/tensor.ts";
import { bytesRepr } from "../python/repr.ts";
import { floatLayout } from "./float-layout.ts";
import { floatScalar } from "./format-float.ts";

const LINE_COLUMNS = 75;
/** Arrays with more elements than this are summarized. */
const SUMMARY_ELEMENTS = 1000;
const EDGE_ITEMS = 3;

/** What `str(array)` gives in Python for a tensor that TensorFlow returned; a tensor without axes is a scalar. */
export function arrayText(tensor: TensorValue): string {
  const count = elementCount(tensor.shape);
  const element = elementReader(tensor);
  if (tensor.shape.length === 0) return scalarText(tensor, element(0));
  if (count === 0) return "[]";
  const edges = count > SUMMARY_ELEMENTS ? EDGE_ITEMS : undefined;
  const format = elementFormat(tensor, shownIndices(tensor.shape, edges).map(element));
  return nested(tensor.shape, edges, (index) => format(element(index)));
}

type Element = number | bigint | Uint8Array;

function elementReader(tensor: TensorValue): (index: number) => Element {
  const { dtype, data, strings } = tensor;
  if (dtype === "string") return (index) => strings?.[index] ?? new Uint8Array();
  // Complex tensors do not occur: models carry them as floats with a last axis of 2.
  if (!isNumeric(dtype)) throw new RangeError(`a ${dtype} tensor has no text`);
  const elements = elementsOf(dtype, data);
  return (index) => elements[index] ?? 0; // callers stay inside
}

function scalarText({ dtype }: TensorValue, value: Element): string {
  if (value instanceof Uint8Array) return bytesRepr(value);
  if (dtype === "bool") return value ? "True" : "False";
  if (dtype === "float16" || dtype === "float32" || dtype === "float64")
    return floatScalar(Number(value), dtype);
  return isSmallFloat(dtype) ? sixDigits(Number(value)) : String(value);
}

/** The formatter that all shown elements share. */
function elementFormat({ dtype }: TensorValue, shown: readonly Element[]): (value: Element) => string {
  if (dtype === "string") return (value) => bytesRepr(value as Uint8Array); // the reader gives bytes for strings
  if (dtype === "bool") return (value) => (value ? " True" : "False");
  if (dtype === "float16" || dtype === "float32" || dtype === "float64") {
    const layout = floatLayout(shown.map(Number), dtype);
    return (value) => layout(Number(value));
  }
  if (isSmallFloat(dtype)) return (value) => sixDigits(Number(value));
  const width = Math.max(...shown.map((value) => String(value).length));
  return (value) => String(value).padStart(width);
}

/** bfloat16 and the 8-bit floats print as C's %g does. */
function sixDigits(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value < 0 ? "-inf" : "inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponent = "0"] = sixDigitExponential(value).split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return trimmed(Number(`${mantissa}e${power}`).toFixed(5 - power));
  return `${trimmed(mantissa)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** Ties go to the even digit in C, away from zero in toExponential. 40 digits are exact for any tie of a small float. */
function sixDigitExponential(value: number): string {
  const tie = /^(-?\d\.\d{4}[02468])50*(e.*)$/.exec(value.toExponential(40));
  return tie ? `${tie[1]}${tie[2]}` : value.toExponential(5);
}

function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** Positions along one axis; `undefined` stands for the dots. */
function positions(size: number, edges: number | undefined): (number | undefined)[] {
  if (edges === undefined || size <= 2 * edges) return Array.from({ length: size }, (_, i) => i);
  const head = Array.from({ length: edges }, (_, i) => i);
  return [...head, undefined, ...head.map((i) => size - edges + i)];
}

function shownIndices(shape: readonly number[], edges: number | undefined): number[] {
  let indices = [0];
  for (const size of shape) {
    const shown = positions(size, edges).filter((at) => at !== undefined);
    indices = indices.flatMap((index) => shown.map((at) => index * size + at));
  }
  return indices;
}

function nested(
  shape: readonly number[],
  edges: number | undefined,
  text: (index: number) => string,
): string {
  const rows = (axis: number, index: number, indent: string, columns: number): string => {
    const size = shape[axis] ?? 0;
    const items = positions(size, edges);
    if (axis === shape.length - 1) {
      return row(
        items.map((at) => (at === undefined ? "..." : text(index * size + at))),
        indent,
        columns,
      );
    }
    const gap = "\n".repeat(shape.length - 1 - axis);
    const parts = items.map((at) =>
      at === undefined ? "..." : rows(axis + 1, index * size + at, `${indent} `, columns - 1),
    );
    return `[${parts.join(gap + indent)}]`;
  };
  return rows(0, 0, " ", LINE_COLUMNS);
}

/** One innermost row, wrapped. The first line starts after the bracket, which takes the indent's last column. */
function row(words: readonly string[], indent: string, columns: number): string {
  const lines: string[] = [];
  let line = indent;
  for (const [at, word] of words.entries()) {
    // The last column is the closing bracket's. A word too long for any line stays where it is.
    if (line.length + word.length > columns - 1 && line.length > indent.length) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += at === words.length - 1 ? word : `${word} `;
  }
  return `[${[...lines, line].join("\n").slice(indent.length)}]`;
}
