// Which axis of a Reshape's result is the batch. Elements keep their order, so a batch of 2 or more has one place alone;
// a batch of 1 has several, of which the likeliest is taken.
// Squeeze, Unsqueeze and Flatten are read as a Reshape where the batch was joined with another axis before.

import { int } from "../graph/attribute.ts";
import { int64Tensor } from "../graph/builder.ts";
import type { Dim } from "../graph/dim.ts";
import { Node, type Value } from "../graph/graph.ts";
import { type BatchAxis, batchAxisOf, placesAfterReshape } from "./batch-axis.ts";
import { constantValue } from "./constant-values.ts";
import type { Workbench } from "./workbench.ts";

const OPERATORS: readonly string[] = ["Reshape", "Squeeze", "Unsqueeze", "Flatten"];

/** Gives the batch its place in the target of a Reshape; the node to go on with. Other nodes stay as they are. */
export function steerReshape(node: Node, bench: Workbench): Node {
  const [data] = node.inputs;
  const [output] = node.outputs;
  const batch = data && OPERATORS.includes(node.op) && node.domain === "" ? bench.batchIn(data) : undefined;
  if (!data || !output || !batch) return node;
  const place = placeOf(node, data, output, batch, bench);
  if (!place) return node;
  bench.placeBatch(output, place.at);
  if (place.isNatural) return node;
  const target = targetFor(node, output, place.at, bench);
  if (!target) return node;
  if (node.op === "Reshape") {
    bench.graph.setInput(node, 1, target);
    return node;
  }
  const { name, origin, outputs } = node;
  const reshape = new Node({ op: "Reshape", name, origin, inputs: [data, target], outputs });
  bench.graph.insert(reshape, node);
  bench.graph.remove(node);
  return reshape;
}

interface Choice {
  readonly at: BatchAxis;
  /** The node puts it there as it is. */
  readonly isNatural: boolean;
}

function placeOf(
  node: Node,
  data: Value,
  output: Value,
  batch: BatchAxis,
  bench: Workbench,
): Choice | undefined {
  const outcome = bench.types.outcome(node);
  const type = outcome.fits ? outcome.outputs[0]?.type : undefined;
  const natural = type?.kind === "tensor" ? type.shape : undefined;
  const from = bench.fixedShape(data);
  const to = (bench.types.shapeInFile(output) ?? natural)?.map((dim) => bench.sizes.inFile(dim));
  if (!from || !to || to.includes(0)) return undefined;
  const places = placesAfterReshape(from, batch, to, bench.sizes.baked);
  const naturalAxis = natural && batchAxisOf(natural, bench.sizes)?.axis;
  const asWritten = places.find(({ axis }) => axis === naturalAxis);
  // Squeeze and Unsqueeze say which axes they mean; a Reshape to constant sizes does not.
  if (asWritten && node.op !== "Reshape" && batch.factor === 1) return { at: asWritten, isNatural: true };
  const at = bench.choose(node, places);
  return at && { at, isNatural: at.axis === naturalAxis };
}

/** The sizes of the result with the batch as what is left, or computed where other sizes are free too. */
function targetFor(
  node: Node,
  output: Value,
  { axis, factor }: BatchAxis,
  bench: Workbench,
): Value | undefined {
  const sizes = bench.types.shapeInFile(output) ?? bench.types.contentsOf(node.inputs[1]);
  if (!sizes) return undefined;
  const others = sizes.map((size, at): Dim => (at === axis ? -1 : size));
  if (isConstant(others)) return constantValue(int64Tensor(others, [others.length]));
  const [, target] = node.inputs;
  if (node.op !== "Reshape" || !target) return undefined;
  const isJoinedWithFree = factor !== 1 && typeof sizes[axis] !== "number";
  if (isJoinedWithFree) return undefined; // no constant multiple of the batch
  const part = (from: number, to: number): Value =>
    bench.emit(
      { op: "Slice", inputs: [target, ...[[from], [to]].map((at) => constantValue(int64Tensor(at, [1])))] },
      node,
    );
  const parts = [part(0, axis), bench.batchSize(factor), part(axis + 1, sizes.length)];
  return bench.emit({ op: "Concat", inputs: parts, attributes: new Map([["axis", int(0)]]) }, node);
}

function isConstant(sizes: readonly Dim[]): sizes is readonly number[] {
  return sizes.every((size) => typeof size === "number") && sizes.filter((size) => size === -1).length === 1;
}
