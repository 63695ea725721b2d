// The expansions by domain and name. A new one is one line here.
import { BIAS_SPLIT_GELU, FAST_GELU, GELU, QUICK_GELU } from "./activation.ts";
import { ATTENTION, GROUP_QUERY_ATTENTION, MULTI_HEAD_ATTENTION, ROTARY_EMBEDDING } from "./attention.ts";
import type { Expansion } from "./expansion.ts";
import { FLEX_ATTENTION } from "./flex-attention.ts";
import {
  BIAS_DROPOUT,
  BIAS_SOFTMAX,
  EMBED_LAYER_NORMALIZATION,
  SIMPLIFIED_LAYER_NORMALIZATION,
  SKIP_LAYER_NORMALIZATION,
} from "./normalization.ts";
import { FUSED_CONV, FUSED_GEMM, FUSED_MATMUL, GEMM_FAST_GELU } from "./product.ts";
import { DYNAMIC_QUANTIZE_LSTM, QLINEAR, QLINEAR_CONCAT, QUANTIZE } from "./quantized.ts";
import {
  DYNAMIC_QUANTIZE_MATMUL,
  MATMUL_INTEGER_TO_FLOAT,
  MATMUL_N_BITS,
  QATTENTION,
  QGEMM,
} from "./quantized-product.ts";
import { BIAS_ADD, EXPAND_DIMS, GRID_SAMPLE, HARDWARE, PROCESSOR_LAYOUT, SAME } from "./renamed.ts";

/** By the name of the domain; onnxruntime adds one operator to ai.onnx itself. */
export const EXPANSIONS: Readonly<Record<string, readonly Expansion[]>> = {
  "": [SIMPLIFIED_LAYER_NORMALIZATION],
  "ai.onnx.preview": [FLEX_ATTENTION],
  "com.microsoft": [
    ATTENTION,
    BIAS_ADD,
    BIAS_DROPOUT,
    BIAS_SOFTMAX,
    BIAS_SPLIT_GELU,
    DYNAMIC_QUANTIZE_LSTM,
    DYNAMIC_QUANTIZE_MATMUL,
    EMBED_LAYER_NORMALIZATION,
    EXPAND_DIMS,
    FAST_GELU,
    FUSED_CONV,
    FUSED_GEMM,
    FUSED_MATMUL,
    GELU,
    GEMM_FAST_GELU,
    GRID_SAMPLE,
    GROUP_QUERY_ATTENTION,
    MATMUL_INTEGER_TO_FLOAT,
    MATMUL_N_BITS,
    MULTI_HEAD_ATTENTION,
    PROCESSOR_LAYOUT,
    QATTENTION,
    QGEMM,
    ...QLINEAR,
    QLINEAR_CONCAT,
    QUANTIZE,
    QUICK_GELU,
    ROTARY_EMBEDDING,
    SAME,
    SIMPLIFIED_LAYER_NORMALIZATION,
    SKIP_LAYER_NORMALIZATION,
  ],
};

/** Domains whose every operator is of one processor's memory layout. */
export const PROCESSOR_DOMAINS: readonly string[] = ["com.microsoft.nchwc", "com.ms.internal.nhwc"];

const BY_OPERATOR: ReadonlyMap<string, Expansion> = new Map(
  Object.entries(EXPANSIONS).flatMap(([domain, expansions]) =>
    expansions.flatMap((expansion) => expansion.ops.map((op) => [`${domain}::${op}`, expansion] as const)),
  ),
);

/** The expansion of an operator; undefined if it stands for itself. */
export function expansionOf(domain: string, op: string): Expansion | undefined {
  if (PROCESSOR_DOMAINS.includes(domain)) return { ops: [op], expand: () => HARDWARE };
  return BY_OPERATOR.get(`${domain}::${op}`);
}
