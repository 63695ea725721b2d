// Values that hold as many rows as the file's batch, made to hold as many as the batch has: a constant of equal rows is one
// row repeated; a computed value is computed again from operands or sizes that follow the batch.
// Invariant: a value is never changed, since others may mean its size; new values stand beside it.
import { int } from "../graph/attribute.ts";
import { int64Tensor } from "../graph/builder.ts";
import { type Dim, mulDims, sameDim } from "../graph/dim.ts";
import type { Node, Value } from "../graph/graph.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { constantValue, MAX_CONSTANT_BYTES } from "./constant-values.ts";
import { type Rows, repeatedRows } from "./repeated-rows.ts";
import { AnotherInput, HeldByNode, type Workbench } from "./workbench.ts";

/** Steps from a node back to the constant that holds the batch. */
const MAX_DEPTH = 8;
/** Values looked at for the sake of one. Models need a few; what nodes of many inputs lead to grows with a power. */
const MAX_VISITS = 1000;
/**
 * And in all for one model: what is added on the way is made to fit in its turn, and nodes of two such operands try each
 * value of one with each of the other.
 */
const MAX_VISITS_A_MODEL = 50_000;

/** How many values were looked at for one model, whatever was tried and taken back. */
export class Visits {
  #count = 0;

  /** Whether there may be one more. */
  another(): boolean {
    return ++this.#count <= MAX_VISITS_A_MODEL;
  }
}

/** How far a search for one value has come. */
interface Search {
  readonly depth: number;
  readonly visits: { count: number };
}

/**
 * Values like `value` with factor * batch rows along `axis`, added before a node: first a single row for those that
 * broadcast. None if its rows are not the same for each sample. Throws AnotherInput if it is an input of the model.
 */
export function* widened(
  value: Value,
  axis: number,
  before: Node,
  bench: Workbench,
  search: Search = { depth: 0, visits: { count: 0 } },
): Generator<Value> {
  if (search.visits.count++ >= MAX_VISITS || !bench.visits.another()) return;
  const size = bench.fixedShape(value)?.[axis] ?? 0;
  const factor = size / bench.sizes.baked;
  if (size === 0 || !Number.isInteger(factor)) return;
  if (bench.graph.inputs.includes(value)) {
    if (factor === 1) throw new AnotherInput(value.name, axis);
    return;
  }
  const tensor = bench.constantOf(value);
  if (tensor) {
    const rows =
      tensor.byteLength > MAX_CONSTANT_BYTES ? undefined : repeatedRows(tensor, axis, bench.sizes.baked);
    if (rows) yield* repeated(rows, axis, before, bench);
  } else if (search.depth < MAX_DEPTH && value.producer) {
    yield* remade(value.producer, value, axis, factor, before, bench, search);
  }
}

function* repeated(rows: Rows, axis: number, before: Node, bench: Workbench): Generator<Value> {
  const row = constantValue(rows.row);
  const rank = rows.row.shape.length;
  if (rows.kind === "runs") {
    const runs = bench.emit(
      { op: "Expand", inputs: [row, sizesWithBatch(axis + 1, rank, before, bench)] },
      before,
    );
    const joined = rows.row.shape.toSpliced(axis, 2, -1);
    const target = constantValue(int64Tensor(joined, [joined.length]));
    const value = bench.emit({ op: "Reshape", inputs: [runs, target] }, before);
    const factor = rows.row.shape[axis] ?? 1;
    bench.placeBatch(value, { axis, factor, inner: 1 });
    yield value;
    return;
  }
  const sizes = sizesWithBatch(axis, rank, before, bench);
  if (rows.kind === "counted") {
    yield counted(row, rows.step, sizes, before, bench);
    return;
  }
  const isSingle = rows.row.shape[axis] === 1;
  if (isSingle && bench.sizes.baked > 1) yield row;
  yield bench.emit({ op: isSingle ? "Expand" : "Tile", inputs: [row, sizes] }, before);
}

/** int64[rank]: the batch at `axis`, 1 elsewhere. */
export function sizesWithBatch(axis: number, rank: number, before: Node, bench: Workbench): Value {
  const ones = (count: number) => constantValue(int64Tensor(new Array<number>(count).fill(1), [count]));
  if (rank === 1) return bench.batchSize(1);
  const parts = [ones(axis), bench.batchSize(1), ones(rank - 1 - axis)];
  return bench.emit({ op: "Concat", inputs: parts, attributes: new Map([["axis", int(0)]]) }, before);
}

/** row + step * [0, 1, ...], the count along the axis where `sizes` has the batch. */
function counted(row: Value, step: Tensor, sizes: Value, before: Node, bench: Workbench): Value {
  const column = bench.emit({ op: "Reshape", inputs: [rowNumbers(before, bench), sizes] }, before);
  const isWide = step.dtype === "int64";
  const to = new Map([["to", int(INT32)]]);
  const typed = isWide ? column : bench.emit({ op: "Cast", inputs: [column], attributes: to }, before);
  const offsets = bench.emit({ op: "Mul", inputs: [typed, constantValue(step)] }, before);
  return bench.emit({ op: "Add", inputs: [row, offsets] }, before);
}

/** [0, 1, ..., batch - 1] */
export function rowNumbers(before: Node, bench: Workbench): Value {
  const scalar = (number: number) => constantValue(int64Tensor([number], []));
  const limit = bench.emit(
    { op: "Squeeze", inputs: [bench.batchSize(1), constantValue(int64Tensor([0], [1]))] },
    before,
  );
  return bench.emit({ op: "Range", inputs: [scalar(0), limit, scalar(1)] }, before);
}

/** ONNX's number of int32. */
const INT32 = 6;

function* remade(
  producer: Node,
  value: Value,
  axis: number,
  factor: number,
  before: Node,
  bench: Workbench,
  search: Search,
): Generator<Value> {
  if (producer.outputs.length !== 1 || producer.outputs[0] !== value) return;
  const wanted = mulDims(bench.sizes.batch, factor);
  for (const inputs of otherInputs(producer, value, axis, factor, before, bench, search)) {
    const { op, domain, origin, attributes, definition } = producer;
    try {
      const fresh = bench.emit({ op, domain, origin, attributes, definition, inputs }, before);
      if (sameDim(bench.types.shapeOf(fresh)?.[axis] ?? 0, wanted)) yield fresh;
    } catch (error) {
      if (!(error instanceof HeldByNode)) throw error; // these inputs do not fit; the next may
    }
  }
}

/** Inputs with which a node may give factor * batch rows. */
function* otherInputs(
  producer: Node,
  value: Value,
  axis: number,
  factor: number,
  before: Node,
  bench: Workbench,
  search: Search,
): Generator<readonly (Value | undefined)[]> {
  const shape = bench.types.shapeOf(value) ?? [];
  if (producer.operator === "Expand") {
    const parts = shape.map((dim, at) => (at === axis ? bench.batchSize(factor) : constantSize(dim)));
    const [data] = producer.inputs;
    if (parts.every((part) => part !== undefined)) {
      const target = bench.emit(
        { op: "Concat", inputs: parts, attributes: new Map([["axis", int(0)]]) },
        before,
      );
      yield [data, target];
    }
  }
  for (const [index, input] of producer.inputs.entries()) {
    if (!input || bench.types.hasBatch(input)) continue;
    for (const place of (bench.fixedShape(input) ?? []).keys()) {
      for (const fresh of widened(input, place, before, bench, { ...search, depth: search.depth + 1 }))
        yield producer.inputs.with(index, fresh);
    }
  }
}

function constantSize(dim: Dim): Value | undefined {
  return typeof dim === "number" ? constantValue(int64Tensor([dim], [1])) : undefined;
}
