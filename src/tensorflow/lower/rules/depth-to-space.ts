// DepthToSpace and SpaceToDepth, channels-last, where TensorFlow has kernels. DCR is TensorFlow's own order; CRD keeps
// the block's place in the slow half of the channels.
import type { Dim } from "../../../graph/dim.ts";
import { divideExactly, mulDims } from "../../../graph/dim.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { CHANNELS_LAST, type LoweringRule } from "../rule.ts";

export const depthToSpace: LoweringRule = {
  op: "DepthToSpace",
  since: 13,
  layout: CHANNELS_LAST,
  limits: "the number of channels is known",
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
  limits: "mode CRD needs known channels and sizes",
  refuse(facts) {
    if (facts.string("mode", "DCR") === "DCR") return undefined;
    const [, channels, ...image] = facts.shape(0);
    const block = facts.int("blocksize", 1);
    const known =
      typeof channels === "number" && image.every((size) => divideExactly(size, block) !== undefined);
    return known ? undefined : "mode CRD of an image whose size is not fixed";
  },
  emit(node) {
    const block = node.int("blocksize", 1);
    if (block === 1) return node.data();
    if (node.string("mode", "DCR") === "DCR") {
      return node.op("SpaceToDepth", [node.data()], { block_size: block });
    }
    const [batch, channels, height, width] = node.shape(0) as [Dim, number, Dim, Dim]; // refuse has checked them
    const [rows, columns] = [divideExactly(height, block) ?? 1, divideExactly(width, block) ?? 1];
    const cut: Dim[] = [batch, rows, block, columns, block, channels];
    const turned = node.transpose(node.reshape(node.data(), cut), cut, [0, 1, 3, 5, 2, 4]);
    return node.reshape(turned, [batch, rows, columns, channels * block * block]);
  },
};
