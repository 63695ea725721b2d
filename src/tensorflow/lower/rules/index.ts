// All rules. Adding an operator is one line here.
import type { LoweringRule } from "../rule.ts";
import { ACTIVATIONS } from "./activations.ts";
import { affineGrid } from "./affine-grid.ts";
import { ARGS } from "./arg.ts";
import { attention } from "./attention.ts";
import { averagePool } from "./average-pool.ts";
import { BINARY } from "./binary.ts";
import { bitCast } from "./bit-cast.ts";
import { CASTS } from "./cast.ts";
import { causalConv } from "./causal-conv.ts";
import { centerCropPad } from "./center-crop-pad.ts";
import { col2im } from "./col2im.ts";
import { concat, split } from "./concat.ts";
import { CONTROL_FLOW } from "./control-flow.ts";
import { conv } from "./conv.ts";
import { convTranspose } from "./conv-transpose.ts";
import { deformConv } from "./deform-conv.ts";
import { depthToSpace, spaceToDepth } from "./depth-to-space.ts";
import { det } from "./det.ts";
import { dft } from "./dft.ts";
import { einsum } from "./einsum.ts";
import { expand, tile } from "./expand.ts";
import { gather, gatherElements, gatherNd } from "./gather.ts";
import { GLOBAL_POOLS } from "./global-pool.ts";
import { gridSample } from "./grid-sample.ts";
import { dropout, identity } from "./identity.ts";
import { convInteger, qlinearConv } from "./integer-conv.ts";
import { matmulInteger, qlinearMatmul } from "./integer-matmul.ts";
import { linearAttention } from "./linear-attention.ts";
import { lrn } from "./local-response.ts";
import { LOSSES } from "./loss.ts";
import { globalLpPool, lpPool } from "./lp-pool.ts";
import { gemm, matmul } from "./matmul.ts";
import { maxPool } from "./max-pool.ts";
import { maxUnpool } from "./max-unpool.ts";
import { nonMaxSuppression } from "./non-max-suppression.ts";
import { NORMALIZATIONS } from "./normalization.ts";
import { pad } from "./pad.ts";
import { pow } from "./pow.ts";
import { dequantizeLinear, dynamicQuantizeLinear, quantizeLinear } from "./quantize.ts";
import { cumSum, eyeLike, isInf, oneHot, range, trilu } from "./range.ts";
import { RECURRENT } from "./recurrent.ts";
import { REDUCTIONS } from "./reduce.ts";
import { RESHAPES } from "./reshape.ts";
import { resize } from "./resize.ts";
import { roiAlign } from "./roi-align.ts";
import { rotaryEmbedding } from "./rotary-embedding.ts";
import { scan } from "./scan.ts";
import { scatterElements, scatterNd } from "./scatter.ts";
import { compress, cumProd, reverseSequence } from "./sequence.ts";
import { constantOfShape, shape, size } from "./shape-of.ts";
import { slice } from "./slice.ts";
import { SOFTMAXES } from "./softmax.ts";
import { stft } from "./stft.ts";
import { stringNormalizer } from "./string-normalizer.ts";
import { stringSplit } from "./string-split.ts";
import { regexFullMatch, stringConcat } from "./strings.ts";
import { tensorScatter } from "./tensor-scatter.ts";
import { transpose } from "./transpose.ts";
import { UNARY } from "./unary.ts";
import { unique } from "./unique.ts";
import { nonZero, where } from "./where.ts";
import { WINDOW_FUNCTIONS } from "./window-functions.ts";

export const RULES: readonly LoweringRule[] = [
  ...ACTIVATIONS,
  ...ARGS,
  ...BINARY,
  ...CASTS,
  ...CONTROL_FLOW,
  ...GLOBAL_POOLS,
  ...LOSSES,
  ...NORMALIZATIONS,
  ...RECURRENT,
  ...REDUCTIONS,
  ...RESHAPES,
  ...SOFTMAXES,
  ...UNARY,
  scan,
  centerCropPad,
  affineGrid,
  matmulInteger,
  qlinearMatmul,
  convInteger,
  qlinearConv,
  col2im,
  stft,
  regexFullMatch,
  stringConcat,
  stringSplit,
  stringNormalizer,
  maxUnpool,
  bitCast,
  ...WINDOW_FUNCTIONS,
  globalLpPool,
  lpPool,
  det,
  rotaryEmbedding,
  tensorScatter,
  linearAttention,
  causalConv,
  attention,
  averagePool,
  concat,
  conv,
  convTranspose,
  deformConv,
  dropout,
  gemm,
  identity,
  matmul,
  maxPool,
  pow,
  split,
  transpose,
  dft,
  nonMaxSuppression,
  roiAlign,
  unique,
  depthToSpace,
  spaceToDepth,
  einsum,
  gridSample,
  reverseSequence,
  cumProd,
  compress,
  lrn,
  quantizeLinear,
  dequantizeLinear,
  dynamicQuantizeLinear,
  expand,
  tile,
  gather,
  gatherElements,
  gatherNd,
  pad,
  cumSum,
  eyeLike,
  isInf,
  oneHot,
  range,
  resize,
  trilu,
  scatterElements,
  scatterNd,
  constantOfShape,
  shape,
  size,
  slice,
  nonZero,
  where,
];
