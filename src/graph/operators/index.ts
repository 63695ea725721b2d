// The registry of operator definitions, by domain and name.
import type { Node } from "../graph.ts";
import { ATTENTION } from "./attention.ts";
import { BINARY } from "./binary.ts";
import { BIT_CAST, CAST, CAST_LIKE } from "./cast.ts";
import { CLIP } from "./clip.ts";
import { CONCAT } from "./concat.ts";
import { CONSTANT } from "./constant.ts";
import { CONSTANT_OF_SHAPE } from "./constant-of-shape.ts";
import { IF, LOOP, SCAN } from "./control-flow.ts";
import { CONV, CONV_INTEGER, CONV_TRANSPOSE, DEFORM_CONV, QLINEAR_CONV } from "./conv.ts";
import type { OperatorDefinition } from "./definition.ts";
import { DEPTH_TO_SPACE, SPACE_TO_DEPTH } from "./depth-space.ts";
import { EINSUM } from "./einsum.ts";
import { EXPAND, TILE } from "./expand.ts";
import { GATHER, GATHER_ELEMENTS, GATHER_ND } from "./gather.ts";
import { DROPOUT, IDENTITY } from "./identity.ts";
import { CROSS_ENTROPY_LOSS, DET, EYE_LIKE, NLL_LOSS } from "./linear-algebra.ts";
import { GEMM, MATMUL, MATMUL_INTEGER, QLINEAR_MATMUL } from "./matmul.ts";
import { BATCH_NORMALIZATION, LAYER_NORMALIZATION } from "./normalization.ts";
import { PAD } from "./pad.ts";
import { POOLINGS } from "./pool.ts";
import { DEQUANTIZE_LINEAR, DYNAMIC_QUANTIZE_LINEAR, QUANTIZE_LINEAR } from "./quantize.ts";
import { RANDOM } from "./random.ts";
import { RANGE } from "./range.ts";
import { RECURRENT } from "./recurrent.ts";
import { ARG_REDUCTIONS, REDUCTIONS } from "./reduce.ts";
import { FLATTEN, RESHAPE } from "./reshape.ts";
import { RESIZE } from "./resize.ts";
import { SAME_SHAPE } from "./same-shape.ts";
import { SEQUENCES } from "./sequence.ts";
import { SHAPE, SIZE } from "./shape.ts";
import { SIGNAL } from "./signal.ts";
import { SLICE } from "./slice.ts";
import { SPLIT } from "./split.ts";
import { SQUEEZE, UNSQUEEZE } from "./squeeze.ts";
import { STATEFUL } from "./state.ts";
import { STRINGS } from "./strings.ts";
import { COMPRESS, NON_ZERO, ONE_HOT, TOP_K, UNIQUE } from "./top-k.ts";
import { TRANSPOSE } from "./transpose.ts";
import { UNARY } from "./unary.ts";
import { VISION } from "./vision.ts";
import { WHERE } from "./where.ts";

export const DEFINITIONS: readonly OperatorDefinition[] = [
  ...ARG_REDUCTIONS,
  ATTENTION,
  BATCH_NORMALIZATION,
  ...BINARY,
  BIT_CAST,
  CAST,
  CAST_LIKE,
  CLIP,
  COMPRESS,
  CONCAT,
  CONSTANT,
  CONSTANT_OF_SHAPE,
  CONV,
  CONV_INTEGER,
  CONV_TRANSPOSE,
  CROSS_ENTROPY_LOSS,
  DEFORM_CONV,
  DEPTH_TO_SPACE,
  DEQUANTIZE_LINEAR,
  DET,
  DROPOUT,
  DYNAMIC_QUANTIZE_LINEAR,
  EINSUM,
  EXPAND,
  EYE_LIKE,
  FLATTEN,
  GATHER,
  GATHER_ELEMENTS,
  GATHER_ND,
  GEMM,
  IDENTITY,
  IF,
  LAYER_NORMALIZATION,
  LOOP,
  MATMUL,
  MATMUL_INTEGER,
  NLL_LOSS,
  NON_ZERO,
  ONE_HOT,
  PAD,
  ...POOLINGS,
  QLINEAR_CONV,
  QLINEAR_MATMUL,
  QUANTIZE_LINEAR,
  ...RANDOM,
  RANGE,
  ...RECURRENT,
  ...REDUCTIONS,
  RESHAPE,
  RESIZE,
  ...SAME_SHAPE,
  SCAN,
  ...SEQUENCES,
  SHAPE,
  ...SIGNAL,
  SIZE,
  SLICE,
  SPACE_TO_DEPTH,
  SPLIT,
  SQUEEZE,
  ...STATEFUL,
  ...STRINGS,
  TILE,
  TOP_K,
  TRANSPOSE,
  ...UNARY,
  UNIQUE,
  UNSQUEEZE,
  ...VISION,
  WHERE,
];

const BY_OPERATOR: ReadonlyMap<string, OperatorDefinition> = new Map(
  DEFINITIONS.map((definition) => [key(definition.domain ?? "", definition.op), definition]),
);

/** The definition of a node's operator; undefined if nothing is known of it. */
export function definitionOf(node: Node): OperatorDefinition | undefined {
  return node.definition ?? BY_OPERATOR.get(key(node.domain, node.op));
}

/** The definition of an operator of ai.onnx. */
export function definitionOfName(op: string): OperatorDefinition | undefined {
  return BY_OPERATOR.get(op);
}

function key(domain: string, op: string): string {
  return domain === "" ? op : `${domain}::${op}`;
}
