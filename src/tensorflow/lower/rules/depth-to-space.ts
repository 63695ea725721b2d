// DepthToSpace and SpaceToDepth, channels-last, where TensorFlow has kernels. DCR is TensorFlow's own order; CRD keeps
// the block's place in the slow half of the channels.
import type { Dim } from "../../../graph/dim.ts";
import { mulDims } from "../../../graph/dim.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { CHANNELS_LAST, type LoweringRule } from "../rule.ts";

export const depthToSpace: LoweringRule = {
  op: "DepthToSpace",
  since: 13,
  layout: CHANNELS_LAST,
  refuse: (facts) =>
    typeof facts.shape(0)[1] === "number" ? undefined : "the number of channels is not fixed",
  emit(node) {
    const block = node.int("blocksize", 1);
    if (node.string("mode", "DCR") === "DCR") {
      return block === 1 ? node.data() : node.op("DepthToSpace", [node.data()], { block_size: block });
    }
    return columnsFirst(node, block);
  },
};

/** [N, H, W, C, b, b] -> [N, H, b, W, b, C] */
function columnsFirst(node: NodeLowering, block: number): TfValue {
  const [batch, channels, height, width] = node.shape(0) as [Dim, number, Dim, Dim]; // refuse has checked the channels
  const depth = channels / (block * block);
  const cut: Dim[] = [batch, height, width, depth, block, block];
  const turned = node.transpose(node.reshape(node.data(), cut), cut, [0, 1, 4, 2, 5, 3]);
  return node.reshape(turned, [batch, mulDims(height, block), mulDims(width, block), depth]);
}

export const spaceToDepth: LoweringRule = {
  op: "SpaceToDepth",
  since: 13,
  layout: CHANNELS_LAST,
  emit(node) {
    const block = node.int("blocksize", 1);
    return block === 1 ? node.data() : node.op("SpaceToDepth", [node.data()], { block_size: block });
  },
};
