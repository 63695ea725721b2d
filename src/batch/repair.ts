// Ways to make a node fit any batch, the likeliest first: its own constant sizes, then the operands that hold as many rows
// as the file's batch. Each is applied, looked at, and undone if it does not help.
// Not here: which Reshape result is the batch (reshape.ts), how an operand is made to follow the batch (widen.ts).

import { int } from "../graph/attribute.ts";
import { int64Tensor, toInt64 } from "../graph/builder.ts";
import type { Node, Value } from "../graph/graph.ts";
import { constantValue } from "./constant-values.ts";
import { widened } from "./widen.ts";
import type { Workbench } from "./workbench.ts";

/** Applies a change; what it gives takes it back. */
export type Change = () => () => void;

export function* repairs(node: Node, bench: Workbench): Generator<Change> {
  yield* OWN_CONSTANTS[node.operator]?.(node, bench) ?? [];
  const operands = operandsWithoutBatch(node, bench);
  for (const operand of operands) yield* oneOperand(node, operand, bench);
  yield* pairs(node, operands, bench);
  if (operands.length > 2) yield* allOperands(node, operands, bench);
}

type OwnConstants = (node: Node, bench: Workbench) => Generator<Change>;

const OWN_CONSTANTS: Readonly<Record<string, OwnConstants>> = {
  /** A size 1 in Expand's target keeps the input's. */
  *Expand(node, bench) {
    const [data, target] = node.inputs;
    const shape = data && bench.types.shapeOf(data);
    const sizes = numbersIn(bench.types.contentsOf(target));
    if (!shape || !sizes) return;
    const kept = sizes.map((size, at) => {
      const dim = shape[at - sizes.length + shape.length] ?? 1;
      return bench.sizes.mentionsBatch(dim) && size === bench.sizes.inFile(dim) ? 1 : size;
    });
    yield replacing(node, 1, constantValue(int64Tensor(kept, [kept.length])), bench);
  },

  /** The first rows up to the batch are all of them. From a batch of 1 it cannot be told from the first row. */
  *Slice(node, bench) {
    const [data, starts, ends, axes, steps] = node.inputs;
    const batch = data && bench.batchIn(data);
    const [from, to, on, by] = [starts, ends, axes, steps].map((input) =>
      numbersIn(bench.types.contentsOf(input)),
    );
    const rank = data && bench.types.shapeOf(data)?.length;
    if (!batch || !from || !to || rank === undefined || bench.sizes.baked === 1) return;
    const size = batch.factor * bench.sizes.baked;
    const isWhole = (at: number): boolean =>
      ((on?.[at] ?? at) + rank) % rank === batch.axis &&
      from[at] === 0 &&
      to[at] === size &&
      (by?.[at] ?? 1) === 1;
    const all = to.map((end, at) => (isWhole(at) ? Number(toInt64(2 ** 63)) : end));
    yield replacing(node, 2, constantValue(int64Tensor(all, [all.length])), bench);
  },

  *Resize(node, bench) {
    const [data, , , target] = node.inputs;
    const batch = data && bench.batchIn(data);
    const sizes = numbersIn(bench.types.contentsOf(target));
    if (!batch || !sizes || node.attributes.has("axes")) return;
    const constant = (part: readonly number[]) => constantValue(int64Tensor(part, [part.length]));
    const parts = [
      constant(sizes.slice(0, batch.axis)),
      bench.batchSize(batch.factor),
      constant(sizes.slice(batch.axis + 1)),
    ];
    const axis = new Map([["axis", int(0)]]);
    yield replacing(node, 3, bench.emit({ op: "Concat", inputs: parts, attributes: axis }, node), bench);
  },
};

function numbersIn(contents: ReturnType<Workbench["types"]["contentsOf"]>): readonly number[] | undefined {
  return contents?.every((dim) => typeof dim === "number") ? (contents as readonly number[]) : undefined;
}

function replacing(node: Node, index: number, fresh: Value, { graph }: Workbench): Change {
  return () => {
    const old = node.inputs[index];
    graph.setInput(node, index, fresh);
    return () => graph.setInput(node, index, old);
  };
}

interface Operand {
  readonly index: number;
  readonly value: Value;
  /** Axes that may be the batch, the likeliest first. */
  readonly axes: readonly number[];
}

/** Constants first: what depends on an input asks for more. */
function operandsWithoutBatch(node: Node, bench: Workbench): Operand[] {
  const operands: Operand[] = [];
  for (const [index, value] of node.inputs.entries()) {
    if (!value || bench.types.hasBatch(value)) continue;
    const axes = axesOfBatchSize(bench.fixedShape(value) ?? [], bench.sizes.baked);
    if (axes.length > 0) operands.push({ index, value, axes });
  }
  const isConstant = ({ value }: Operand): number => (bench.constantOf(value) ? 0 : 1);
  return operands.sort((a, b) => isConstant(a) - isConstant(b));
}

function axesOfBatchSize(shape: readonly number[], baked: number): number[] {
  const axes = [...shape.keys()];
  const exact = axes.filter((axis) => shape[axis] === baked);
  const multiples = axes.filter((axis) => {
    const size = shape[axis] ?? 0;
    return size > baked && size % baked === 0;
  });
  return [...exact, ...multiples];
}

function* oneOperand(node: Node, { index, value, axes }: Operand, bench: Workbench): Generator<Change> {
  for (const axis of axes) {
    for (const fresh of widened(value, axis, node, bench)) yield replacing(node, index, fresh, bench);
  }
}

/** Two operands at once, such as both states of an LSTM. */
function* pairs(node: Node, operands: readonly Operand[], bench: Workbench): Generator<Change> {
  for (const [at, first] of operands.entries()) {
    for (const second of operands.slice(at + 1)) {
      for (const change of oneOperand(node, first, bench)) {
        for (const other of oneOperand(node, second, bench)) yield together([change, other]);
      }
    }
  }
}

/** Each operand on its likeliest axis. */
function* allOperands(node: Node, operands: readonly Operand[], bench: Workbench): Generator<Change> {
  const changes = operands.flatMap(({ index, value, axes: [axis = 0] }) => {
    const fresh = [...widened(value, axis, node, bench)].at(-1);
    return fresh ? [replacing(node, index, fresh, bench)] : [];
  });
  yield together(changes);
}

function together(changes: readonly Change[]): Change {
  return () => {
    const undos = changes.map((change) => change());
    return () => {
      for (const undo of undos.toReversed()) undo();
    };
  };
}
