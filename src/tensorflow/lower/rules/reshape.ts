// Operators that change a shape and move nothing: Reshape, Flatten, Squeeze, Unsqueeze. One emission for all: the
// output's shape as inference knows it, with at most one size left to TensorFlow.
import type { Dim } from "../../../graph/dim.ts";
import type { TfValue } from "../../graph.ts";
import { outputLayout } from "../../layout/assign-layouts.ts";
import { inLayout } from "../../layout/layout.ts";
import { reshapeLayout } from "../../layout/reshape-layout.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import type { FollowingLayout, LoweringRule } from "../rule.ts";

const MOVES_NOTHING: FollowingLayout = {
  kind: "follows",
  data: "first",
  through: (facts, layout) => reshapeLayout(facts.shape(0), facts.outputShape(), layout),
};

function emit(node: NodeLowering): TfValue {
  const layout = outputLayout(MOVES_NOTHING, node, node.layout, 0);
  const dims: readonly Dim[] = inLayout(node.outputShape(), layout);
  return node.reshape(node.data(), dims);
}

/** A shape that only running tells is taken from the input, with 0 for "as before" filled in. */
function emitReshape(node: NodeLowering): TfValue {
  if (node.contents(1) || node.numbers(1)) return emit(node);
  const shape = node.logical(1);
  if (node.int("allowzero", 0)) return node.op("Reshape", [node.logical(0), shape]);
  const rank = Math.min(node.rank(0), node.outputRank());
  const before = node.op("Shape", [node.logical(0)], { out_type: "int64" });
  const known = node.op("StridedSlice", [before, node.int32s([0]), node.int32s([rank]), node.int32s([1])]);
  const missing = node.outputRank() - rank;
  const padded =
    missing > 0
      ? node.op("Pad", [known, node.op("Reshape", [node.int32s([0, missing]), node.int32s([1, 2])])])
      : known;
  const kept = node.op("SelectV2", [node.op("Equal", [shape, node.int64(0)]), padded, shape]);
  return node.op("Reshape", [node.logical(0), kept]);
}

const isKnown = (facts: NodeFacts) => facts.contents(1) !== undefined || facts.numbers(1) !== undefined;

export const RESHAPES: readonly LoweringRule[] = [
  {
    op: "Reshape",
    since: 21,
    layout: (facts) => (isKnown(facts) ? MOVES_NOTHING : { kind: "logical" }),
    emit: emitReshape,
  },
  { op: "Flatten", since: 21, layout: MOVES_NOTHING, emit },
  { op: "Squeeze", since: 21, layout: MOVES_NOTHING, emit },
  { op: "Unsqueeze", since: 21, layout: MOVES_NOTHING, emit },
];
