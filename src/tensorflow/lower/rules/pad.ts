// Pad in its four modes. A constant is PadV2; reflect, edge and wrap are Gathers with computed places, which have no
// limit of rank or width, unless TensorFlow's MirrorPad does.
// Not here: pads and axes that only running tells (../pad-dynamic.ts).

import { int64Tensor } from "../../../graph/builder.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { padDynamic } from "../pad-dynamic.ts";
import { padValue } from "../pad-value.ts";
import { ANY_ORDER, LOGICAL, type LoweringRule } from "../rule.ts";

interface Pads {
  /** Per logical axis. */
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

function axesOf(facts: NodeFacts): number[] | undefined {
  const rank = facts.rank(0);
  if (!facts.has(3)) return Array.from({ length: rank }, (_, axis) => axis);
  return facts.numbers(3)?.map((axis) => facts.axisOf(axis, rank));
}

function padsOf(facts: NodeFacts): Pads | undefined {
  const axes = axesOf(facts);
  const pads = facts.numbers(1);
  if (!axes || !pads) return undefined;
  const spread = (from: number) =>
    Array.from({ length: facts.rank(0) }, (_, axis) =>
      axes.includes(axis) ? (pads[from + axes.indexOf(axis)] ?? 0) : 0,
    );
  return { begin: spread(0), end: spread(axes.length) };
}

export const pad: LoweringRule = {
  op: "Pad",
  since: 21,
  layout: (facts) => (padsOf(facts) ? ANY_ORDER : LOGICAL),
  limits: "modes but constant need known sizes",
  refuse(facts) {
    const mode = facts.string("mode", "constant");
    const pads = padsOf(facts);
    if (!pads) return undefined;
    const free =
      mode !== "constant" &&
      pads.begin.some((_, axis) => isPadded(pads, axis) && typeof facts.shape(0)[axis] !== "number");
    return free && mode !== "reflect" ? `mode ${mode} along an axis whose size is not fixed` : undefined;
  },
  emit(node) {
    const mode = node.string("mode", "constant");
    const pads = padsOf(node);
    const fill = node.has(2) ? node.single(2) : undefined;
    if (!pads) return padDynamic(node, mode, fill);
    if (mode === "constant")
      return padValue(node, node.data(), node.ordered(pads.begin), node.ordered(pads.end), fill);
    let value = node.data();
    for (const axis of pads.begin.keys()) {
      if (isPadded(pads, axis)) value = paddedAxis(node, value, axis, pads, mode);
    }
    return value;
  },
};

function isPadded(pads: Pads, axis: number): boolean {
  return pads.begin[axis] !== 0 || pads.end[axis] !== 0;
}

function paddedAxis(node: NodeLowering, value: TfValue, axis: number, pads: Pads, mode: string): TfValue {
  const [begin, end] = [pads.begin[axis] ?? 0, pads.end[axis] ?? 0];
  const size = node.shape(0)[axis];
  const at = node.physical(axis);
  if (typeof size !== "number") return mirrored(node, value, at, begin, end);
  const places = Array.from({ length: size + begin + end }, (_, place) =>
    sourcePlace(place - begin, size, mode),
  );
  return node.op("GatherV2", [value, node.make(int64Tensor(places, [places.length])), node.int32(at)]);
}

/** Which element stands at a place outside. */
function sourcePlace(place: number, size: number, mode: string): number {
  if (mode === "edge") return Math.min(size - 1, Math.max(0, place));
  if (mode === "wrap") return ((place % size) + size) % size;
  const period = Math.max(1, 2 * (size - 1)); // reflect: a triangle wave that does not repeat the edges
  const within = ((place % period) + period) % period;
  return within < size ? within : period - within;
}

function mirrored(node: NodeLowering, value: TfValue, at: number, begin: number, end: number): TfValue {
  const rows = node.layout.perm.flatMap((_, index) => (index === at ? [begin, end] : [0, 0]));
  const paddings = node.tf.constant(tensorOfNumbers("int32", [node.layout.perm.length, 2], rows));
  return node.op("MirrorPad", [value, paddings], { mode: "REFLECT" });
}
