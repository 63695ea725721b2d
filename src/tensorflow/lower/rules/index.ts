// All rules. Adding an operator is one line here.
import type { LoweringRule } from "../rule.ts";
import { ACTIVATIONS } from "./activations.ts";
import { averagePool } from "./average-pool.ts";
import { BINARY } from "./binary.ts";
import { CASTS } from "./cast.ts";
import { concat, split } from "./concat.ts";
import { conv } from "./conv.ts";
import { GLOBAL_POOLS } from "./global-pool.ts";
import { dropout, identity } from "./identity.ts";
import { gemm, matmul } from "./matmul.ts";
import { maxPool } from "./max-pool.ts";
import { NORMALIZATIONS } from "./normalization.ts";
import { pow } from "./pow.ts";
import { REDUCTIONS } from "./reduce.ts";
import { RESHAPES } from "./reshape.ts";
import { SOFTMAXES } from "./softmax.ts";
import { transpose } from "./transpose.ts";
import { UNARY } from "./unary.ts";

export const RULES: readonly LoweringRule[] = [
  ...ACTIVATIONS,
  ...BINARY,
  ...CASTS,
  ...GLOBAL_POOLS,
  ...NORMALIZATIONS,
  ...REDUCTIONS,
  ...RESHAPES,
  ...SOFTMAXES,
  ...UNARY,
  averagePool,
  concat,
  conv,
  dropout,
  gemm,
  identity,
  matmul,
  maxPool,
  pow,
  split,
  transpose,
];
