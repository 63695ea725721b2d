// StringSplit: the parts of every string along a new last axis, filled up with empty ones, and how many there are.
// Source: https://onnx.ai/onnx/operators/onnx__StringSplit.html; without a delimiter it splits at runs of white space.
// There TensorFlow adds an empty part to a string with fewer than maxsplit; no other part is ever empty.
import { tensorFromStrings } from "../../../tensor/tensor.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

export const stringSplit: LoweringRule = {
  op: "StringSplit",
  since: 20,
  layout: LOGICAL,
  limits: "maxsplit 0 needs a delimiter",
  refuse: (facts) =>
    facts.string("delimiter", "") === "" && facts.int("maxsplit", -1) === 0
      ? "no split at white space, which trims in ONNX and not in TensorFlow"
      : undefined,
  emit(node) {
    const flat = node.op("Reshape", [node.logical(0), node.int64s([-1])]);
    const number = node.op("Size", [flat], { out_type: "int64" });
    const { places, parts } = partsOf(node, flat);
    const row = node.op("Squeeze", [node.slice(places, 2, 1, 0, 1)], { squeeze_dims: [1] });
    const ones = node.op("AddV2", [node.op("ZerosLike", [row]), node.int64(1)]);
    const counts = node.op("UnsortedSegmentSum", [ones, row, number]);
    // The largest of no counts would be the smallest number there is.
    const width = node.op("Maximum", [node.op("Max", [counts, node.int32s([0])]), node.int64(0)]);
    const table = node.op("SparseToDense", [
      places,
      node.op("Pack", [[number, width]]),
      parts,
      text(node, ""),
    ]);
    const sizes = node.values.dims(node.shape(0));
    const last = node.op("Reshape", [width, node.int64s([1])]);
    return [
      node.op("Reshape", [table, node.op("ConcatV2", [[sizes, last], node.int32(0)])]),
      node.op("Reshape", [counts, sizes]),
    ];
  },
};

/** All parts, and the string and place of each. */
function partsOf(node: NodeLowering, flat: TfValue): { places: TfValue; parts: TfValue } {
  const delimiter = node.string("delimiter", "");
  const maxsplit = node.int("maxsplit", -1);
  const [places, parts] = node.tf.ops("StringSplitV2", [flat, text(node, delimiter)], { maxsplit }) as [
    TfValue,
    TfValue,
  ];
  if (delimiter !== "" || maxsplit < 0) return { places, parts };
  const full = node.op("Where", [node.op("NotEqual", [parts, text(node, "")])]);
  const kept = node.op("Reshape", [full, node.int64s([-1])]);
  const take = (value: TfValue) => node.op("GatherV2", [value, kept, node.int32(0)]);
  return { places: take(places), parts: take(parts) };
}

function text(node: NodeLowering, value: string): TfValue {
  return node.make(tensorFromStrings([], [new TextEncoder().encode(value)]));
}
