// All upgrades in the order of the versions that brought them, and how they are applied to one node.
import { AXES_13, AXES_18 } from "./axes.ts";
import { CLIP_11, DFT_20, DROPOUT_12, PAD_11, SLICE_10, TOP_K_10 } from "./bounds.ts";
import { BROADCAST_7, GEMM_7, PRELU_7 } from "./broadcast.ts";
import { BATCH_NORMALIZATION_14, GROUP_NORMALIZATION_21 } from "./normalization.ts";
import { GRID_SAMPLE_20, RECURRENT_7, ROI_ALIGN_16, SCAN_9, SCATTER_11 } from "./renamed.ts";
import { RESIZE_11, RESIZE_19, UPSAMPLE_9, UPSAMPLE_10 } from "./resize.ts";
import { SOFTMAX_13 } from "./softmax.ts";
import { SPLIT_13, SPLIT_18 } from "./split.ts";
import type { Draft, Upgrade, UpgradeContext } from "./upgrade.ts";

/** The version whose forms the IR holds. */
export const IR_OPSET = 21;

export const UPGRADES: readonly Upgrade[] = [
  AXES_13,
  AXES_18,
  BATCH_NORMALIZATION_14,
  BROADCAST_7,
  CLIP_11,
  DFT_20,
  DROPOUT_12,
  GEMM_7,
  GRID_SAMPLE_20,
  GROUP_NORMALIZATION_21,
  PAD_11,
  PRELU_7,
  RECURRENT_7,
  RESIZE_11,
  RESIZE_19,
  ROI_ALIGN_16,
  SCAN_9,
  SCATTER_11,
  SLICE_10,
  SOFTMAX_13,
  SPLIT_13,
  SPLIT_18,
  TOP_K_10,
  UPSAMPLE_10,
  UPSAMPLE_9,
].toSorted((a, b) => a.since - b.since);

/** Brings a node of operator set `opset` to the IR's form, version by version; or, in words, why it has none. */
export function upgradeNode(draft: Draft, opset: number, context: UpgradeContext): Draft | string {
  let current = draft;
  for (const upgrade of UPGRADES) {
    if (opset >= upgrade.since || !upgrade.ops.includes(current.op)) continue;
    const next = upgrade.apply(current, context);
    if (typeof next === "string") return next;
    current = next;
  }
  return current;
}
