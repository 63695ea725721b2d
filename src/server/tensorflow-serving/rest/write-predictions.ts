// The answer to a predict request as JSON: rows ("predictions") or columns ("outputs").
// Layout: RapidJSON's PrettyWriter as TensorFlow Serving drives it. Rows have their lists on one line; the list of rows
// ends on a line of its own; columns have every element on a line of its own.
// Invariant: yields pieces of some kilobytes, whatever the tensors' sizes.
import { type Problem, problem } from "../../../core/errors.ts";
import type { TensorValue } from "../../../engine/engine.ts";
import { quoteJson } from "../../json/describe-value.ts";
import { elementWriter } from "../../json/element-writer.ts";
import { JsonOutput } from "../../json/json-output.ts";
import { writeBase64, writeString } from "../../json/write-string.ts";
import { tensorflowDtypeName } from "../dtype-names.ts";
import type { PredictFormat } from "./read-predict-body.ts";

type Outputs = ReadonlyMap<string, TensorValue>;

/** One output, ready to be written. */
interface Column {
  readonly name: string;
  readonly shape: readonly number[];
  /** Elements of each dimension's slice: sizes[0] of the whole, sizes[1] of a row. */
  readonly sizes: readonly number[];
  /** Writes an element that stands `level` deep. */
  readonly write: (out: JsonOutput, index: number, level: number) => Iterable<Uint8Array> | undefined;
}

/** The text in pieces, or why the outputs cannot be written in that format. */
export function writePredictions(outputs: Outputs, format: PredictFormat): Iterable<Uint8Array> | Problem {
  const columns: Column[] = [];
  if (outputs.size === 0) return problem("JSON_NO_OUTPUTS", {});
  const refusal = format === "row" ? refuseRows(outputs) : undefined;
  if (refusal) return refusal;
  for (const [name, tensor] of outputs) {
    const column = makeColumn(name, tensor);
    if (!column) return problem("JSON_OUTPUT_DTYPE", { dtype: tensorflowDtypeName(tensor.dtype) });
    columns.push(column);
  }
  return format === "row" ? writeRows(columns) : writeColumns(columns);
}

/** Rows need a batch, and the same in every output. */
function refuseRows(outputs: Outputs): Problem | undefined {
  let expected: number | undefined;
  for (const [output, { shape }] of outputs) {
    const [size] = shape;
    if (size === undefined) return problem("JSON_OUTPUT_NO_BATCH", { output });
    if (expected !== undefined && size !== expected) {
      return problem("JSON_OUTPUT_BATCH", { output, size, expected });
    }
    expected = size;
  }
  return undefined;
}

function makeColumn(name: string, tensor: TensorValue): Column | undefined {
  const { shape, strings } = tensor;
  const sizes = shape.map((_, axis) => shape.slice(axis).reduce((product, size) => product * size, 1));
  if (tensor.dtype === "string") {
    const texts = strings ?? [];
    const write = name.endsWith("_bytes") ? writeBase64Object : writeText;
    return { name, shape, sizes, write: (out, index, level) => write(out, texts[index] ?? EMPTY, level) };
  }
  const write = elementWriter(tensor);
  if (!write) return undefined;
  return {
    name,
    shape,
    sizes,
    write: (out, index) => {
      write(out, index);
      return undefined;
    },
  };
}

const EMPTY = new Uint8Array(0);

function writeText(out: JsonOutput, text: Uint8Array): Iterable<Uint8Array> {
  return writeString(out, text);
}

function* writeBase64Object(out: JsonOutput, bytes: Uint8Array, level: number): Iterable<Uint8Array> {
  out.byte(0x7b);
  out.line(level + 1);
  out.text('"b64": ');
  yield* writeBase64(out, bytes);
  out.line(level);
  out.byte(0x7d);
}

function* writeRows(columns: readonly Column[]): Generator<Uint8Array, void> {
  const out = new JsonOutput();
  const rows = columns[0]?.shape[0] ?? 0;
  const named = columns.length > 1;
  out.text('{\n    "predictions": [');
  for (let row = 0; row < rows; row++) {
    if (row > 0) out.text(named ? "," : ", ");
    if (named) {
      out.line(2);
      out.byte(0x7b);
    }
    for (const [at, column] of columns.entries()) {
      if (named) writeName(out, column.name, at, 3);
      const first = row * (column.sizes[1] ?? 1);
      yield* writeLists(out, column, 1, first, named ? 3 : 2, true);
      if (out.full) yield out.take();
    }
    if (named) {
      out.line(2);
      out.byte(0x7d);
    }
  }
  if (rows > 0) out.line(1);
  out.text("]\n}");
  yield out.end();
}

function* writeColumns(columns: readonly Column[]): Generator<Uint8Array, void> {
  const out = new JsonOutput();
  const named = columns.length > 1;
  out.text('{\n    "outputs": ');
  if (named) out.byte(0x7b);
  for (const [at, column] of columns.entries()) {
    if (named) writeName(out, column.name, at, 2);
    yield* writeLists(out, column, 0, 0, named ? 2 : 1, false);
  }
  if (named) {
    out.line(1);
    out.byte(0x7d);
  }
  out.text("\n}");
  yield out.end();
}

function writeName(out: JsonOutput, name: string, at: number, level: number): void {
  if (at > 0) out.byte(0x2c);
  out.line(level);
  out.text(`${quoteJson(name)}: `);
}

/** The elements from `first` on, in lists from dimension `axis` on; `level` counts what is open around them. */
function* writeLists(
  out: JsonOutput,
  column: Column,
  axis: number,
  first: number,
  level: number,
  oneLine: boolean,
): Generator<Uint8Array, void> {
  const { shape, sizes, write } = column;
  const size = shape[axis];
  if (size === undefined) {
    yield* write(out, first, level) ?? [];
    return;
  }
  const step = sizes[axis + 1] ?? 1;
  const last = axis === shape.length - 1;
  out.byte(0x5b);
  for (let index = 0; index < size; index++) {
    if (out.full) yield out.take();
    if (index > 0) out.byte(0x2c);
    if (!oneLine) out.line(level + 1);
    else if (index > 0) out.byte(0x20);
    const at = first + index * step;
    if (last) {
      const pieces = write(out, at, level + 1);
      if (pieces) yield* pieces;
    } else {
      yield* writeLists(out, column, axis + 1, at, level + 1, oneLine);
    }
  }
  if (size > 0 && !oneLine) out.line(level);
  out.byte(0x5d);
}
