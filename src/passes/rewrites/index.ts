// The rewrites, one line each, in the order in which they are tried at a node.
import type { Rewrite } from "../rewrite.ts";
import { FOLDED_TRANSPOSE } from "./folded-transpose.ts";
import { ERF_TO_GELU } from "./gelu.ts";
import { MATMUL_ADD_TO_GEMM } from "./gemm.ts";
import { MEAN_TO_GLOBAL_AVERAGE_POOL } from "./global-average-pool.ts";
import { CLIP_TO_HARD_SIGMOID, CLIP_TO_HARD_SWISH, HARD_SIGMOID_TO_HARD_SWISH } from "./hard-swish.ts";
import { DECOMPOSED_LAYER_NORM } from "./layer-norm.ts";
import { RESHAPE_CHAIN } from "./reshape-chain.ts";
import { RESHAPE_TARGET } from "./reshape-target.ts";
import { SEQUENCES } from "./sequences.ts";
import { TRANSPOSE_PAIRS } from "./transpose-pairs.ts";

export { SEQUENCES };

/** Before the shapes around them are simplified. */
export const UNFOLDINGS: readonly Rewrite[] = [FOLDED_TRANSPOSE];

/** Fewer or simpler nodes of the same kind. */
export const SIMPLIFICATIONS: readonly Rewrite[] = [RESHAPE_TARGET, RESHAPE_CHAIN, TRANSPOSE_PAIRS];

/** One operator for what exporters decompose. */
export const FUSIONS: readonly Rewrite[] = [
  CLIP_TO_HARD_SWISH,
  CLIP_TO_HARD_SIGMOID,
  HARD_SIGMOID_TO_HARD_SWISH,
  ERF_TO_GELU,
  DECOMPOSED_LAYER_NORM,
  MATMUL_ADD_TO_GEMM,
  MEAN_TO_GLOBAL_AVERAGE_POOL,
];
