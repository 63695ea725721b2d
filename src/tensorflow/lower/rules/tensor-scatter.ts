// TensorScatter: new keys or values written into a cache, from an index of each sample's own on.
// Source: https://onnx.ai/onnx/operators/onnx__TensorScatter.html
// Seen from the cache: place p holds update[p - index] where the update has such an element, else what it held.
import type { TfValue } from "../../graph.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

export const tensorScatter: LoweringRule = {
  op: "TensorScatter",
  since: 24,
  layout: LOGICAL,
  limits: "updates of at least one element",
  refuse: (facts) => (facts.shape(1)[facts.axis(-2)] === 0 ? "an update of no elements" : undefined),
  emit(node) {
    const axis = node.axis(-2);
    const [cache, update] = [node.logical(0), node.logical(1)];
    const [batch, size, length] = [node.shape(0)[0], node.shape(0)[axis], node.shape(1)[axis]].map((dim) =>
      node.values.dim(dim ?? 1),
    ) as [TfValue, TfValue, TfValue];
    const places = node.op("Range", [node.int64(0), size, node.int64(1)]);
    const zero = node.int64(0);
    const starts = node.has(2)
      ? node.cast(node.logical(2), "int64")
      : node.op("Fill", [node.op("Reshape", [batch, node.int64s([1])]), zero]);
    const away = node.op("Sub", [places, node.op("Reshape", [starts, node.int64s([-1, 1])])]);
    const source = node.string("mode", "linear") === "circular" ? node.op("FloorMod", [away, size]) : away;
    const written = node.op("LogicalAnd", [
      node.op("GreaterEqual", [source, zero]),
      node.op("Less", [source, length]),
    ]);
    const last = node.op("Sub", [length, node.int64(1)]);
    const inside = node.op("Minimum", [node.op("Maximum", [source, zero]), last]);
    const taken = node.op("GatherV2", [update, inside, node.int32(axis)], { batch_dims: 1 });
    const across = node.shape(0).map((dim, at) => (at === 0 || at === axis ? dim : 1));
    return node.op("SelectV2", [node.reshape(written, across), taken, cache]);
  },
};
