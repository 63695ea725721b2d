// Rank and element type of a value while a graph is being read, before types are inferred: from stated types and constants, and
// through nodes that keep the rank of their input. The few upgrades that need them make do with this.
import type { Node, Value } from "../../../graph/graph.ts";
import { type DType, isFloat } from "../../../tensor/dtype.ts";

/** Through how many nodes a rank is followed; each step is cheap and chains of activations are short. */
const MAX_STEPS = 64;

/** Operators whose first output has the rank of their first input. */
const KEEPS_RANK: ReadonlySet<string> = new Set(
  `Relu LeakyRelu PRelu Elu Selu Sigmoid HardSigmoid HardSwish Tanh Clip Exp Log Sqrt Abs Neg Erf Softplus Softmax
  LogSoftmax Identity Dropout Cast BatchNormalization InstanceNormalization GroupNormalization LayerNormalization LRN
  Conv ConvTranspose MaxPool AveragePool GlobalAveragePool GlobalMaxPool Pad Slice Concat Transpose Resize Tile`.split(
    /\s+/,
  ),
);

const FIXED: ReadonlyMap<string, number> = new Map([
  ["Flatten", 2],
  ["Gemm", 2],
  ["Shape", 1],
]);

export function knownRank(value: Value | undefined): number | undefined {
  let current = value;
  for (let step = 0; current && step < MAX_STEPS; step++) {
    const stated = statedRank(current);
    if (stated !== undefined) return stated;
    const node: Node | undefined = current.producer;
    if (node?.domain !== "") return undefined;
    if (node.op === "Reshape") return sizeOfVector(node.inputs[1]);
    if (FIXED.has(node.op)) return FIXED.get(node.op);
    if (!KEEPS_RANK.has(node.op) || node.outputs[0] !== current) return elementwiseRank(node);
    current = node.inputs[0];
  }
  return undefined;
}

function statedRank(value: Value): number | undefined {
  if (value.initializer) return value.initializer.shape.length;
  return value.type?.kind === "tensor" ? value.type.shape?.length : undefined;
}

/** A binary operator between values whose ranks are stated. */
function elementwiseRank(node: Node): number | undefined {
  if (!/^(Add|Sub|Mul|Div)$/.test(node.op)) return undefined;
  const ranks = node.inputs.map((input) => input && statedRank(input));
  const [a, b] = ranks;
  return a === undefined || b === undefined ? undefined : Math.max(a, b);
}

function sizeOfVector(shape: Value | undefined): number | undefined {
  return shape?.initializer?.shape.length === 1 ? shape.initializer.shape[0] : undefined;
}

/** The element type of a value, followed through nodes whose inputs and output share it. */
export function knownDType(value: Value | undefined): DType | undefined {
  let current = value;
  for (let step = 0; current && step < MAX_STEPS; step++) {
    const stated = statedDType(current);
    if (stated !== undefined) return stated;
    const node: Node | undefined = current.producer;
    if (node?.domain !== "" || node.op === "Cast" || !SHARES_DTYPE.test(node.op)) return undefined;
    // A weight tells sooner than the chain of activations.
    const weight = node.inputs.find(
      (input) => input?.initializer !== undefined && isFloat(input.initializer.dtype),
    );
    current = weight ?? node.inputs[0];
  }
  return undefined;
}

function statedDType(value: Value): DType | undefined {
  if (value.initializer) return value.initializer.dtype;
  return value.type?.kind === "tensor" ? value.type.dtype : undefined;
}

const SHARES_DTYPE =
  /^(?!Shape$|Size$|Equal$|Greater|Less|Not$|And$|Or$|Xor$|Is|Arg|Where$|NonZero$|Quantize|Dequantize)/;
