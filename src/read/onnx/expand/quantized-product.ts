// Products of quantised matrices: exact in int32, then scaled. Weights of a few bits are unpacked when they are read.
// Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
//   y = a_scale * b_scale * sum((a - a_zero) * (b - b_zero)) + bias
import type { Value } from "../../../graph/graph.ts";
import { bytesOfNumbers, numbersOf } from "../../../tensor/numbers.ts";
import { derivedTensor, type Tensor } from "../../../tensor/tensor.ts";
import { attendProjected } from "./attention.ts";
import type { Expansion } from "./expansion.ts";
import { NodeCall } from "./node-call.ts";

interface Factor {
  readonly value: Value | undefined;
  readonly scale: Value | undefined;
  readonly zero: Value | undefined;
}

/** In real numbers: the float product of two quantised matrices. */
function realProduct(call: NodeCall, a: Factor, b: Factor, bias: Value | undefined): Value {
  const exact = call.op("MatMulInteger", [a.value, b.value, a.zero, zeroOf(call, b)]);
  const scale = call.op("Mul", [a.scale, b.scale]);
  const product = call.op("Mul", [call.cast(exact, "float32"), scale]);
  return call.sum(product, bias) ?? product;
}

/** A zero point of one element is a scalar, whatever its shape. */
function zeroOf(call: NodeCall, { zero }: Factor): Value | undefined {
  const tensor = zero?.initializer;
  return zero && tensor?.shape.length === 1 && tensor.shape[0] === 1 ? call.op("Squeeze", [zero]) : zero;
}

export const MATMUL_INTEGER_TO_FLOAT: Expansion = {
  ops: ["MatMulIntegerToFloat"],
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const [a, b, aScale, bScale, aZero, bZero, bias] = draft.inputs;
    const left = { value: a, scale: aScale, zero: aZero };
    return [realProduct(call, left, { value: b, scale: bScale, zero: bZero }, bias)];
  },
};

/** The left side is quantised to uint8 by its own range. */
export const DYNAMIC_QUANTIZE_MATMUL: Expansion = {
  ops: ["DynamicQuantizeMatMul"],
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const [a, b, scale, zero, bias] = draft.inputs;
    const [value, aScale, aZero] = call.ops("DynamicQuantizeLinear", 3, [a]);
    return [realProduct(call, { value, scale: aScale, zero: aZero }, { value: b, scale, zero }, bias)];
  },
};

// y = alpha * a_scale * b_scale * (A' B' + C), quantised if y_scale is there
export const QGEMM: Expansion = {
  ops: ["QGemm"],
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const [a, aScale, aZero, b, bScale, bZero, c, yScale, yZero] = draft.inputs;
    const left = call.int("transA", 0) === 1 ? call.matrixTransposed(a) : a;
    const right = call.int("transB", 0) === 1 ? call.matrixTransposed(b) : b;
    const exact = call.op("MatMulInteger", [left, right, aZero, bZero]);
    const sum = call.cast(call.sum(exact, c) ?? exact, "float32");
    const scale = call.scaled(call.op("Mul", [aScale, bScale]), call.float("alpha", 1));
    if (!yScale) return [call.op("Mul", [sum, scale])];
    // Scales are joined before anything is multiplied, as onnxruntime does, so that both round alike.
    const joined = call.op("Mul", [sum, call.op("Div", [scale, yScale])]);
    return [call.op("QuantizeLinear", [joined, call.scalar("float32", 1), yZero])];
  },
};

export const QATTENTION: Expansion = {
  ops: ["QAttention"],
  limits: "as Attention; without a past",
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const [x, weights, bias, xScale, weightScale, mask, xZero, weightZero, past] = draft.inputs;
    if (past) return "it has a past";
    const left = { value: x, scale: xScale, zero: xZero };
    const projected = realProduct(call, left, { value: weights, scale: weightScale, zero: weightZero }, bias);
    return attendProjected(call, projected, { mask, past, attentionBias: undefined });
  },
};

interface Packed {
  /** Rows of the weight as it is stored: columns of the matrix. */
  readonly columns: number;
  readonly depth: number;
  readonly bits: number;
  readonly blockSize: number;
}

/** y = A * W' + bias, where W [N, K] has `bits` an element, and a scale and zero point for each block of a row. */
export const MATMUL_N_BITS: Expansion = {
  ops: ["MatMulNBits"],
  limits: "constant weights of 2, 4 or 8 bits; no g_idx",
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const [a, , , , order, bias] = draft.inputs;
    const [packed, scales, zeros] = [call.constant(1), call.constant(2), call.constant(3)];
    const bits = call.int("bits", 4);
    const sizes = {
      columns: call.int("N", 0),
      depth: call.int("K", 0),
      bits,
      blockSize: call.int("block_size", 0),
    };
    if (order) return "its weight's rows are in an order of their own (g_idx)";
    if (!packed || !scales || (call.input(3) && !zeros)) return "its weight is not constant";
    if (![2, 4, 8].includes(bits) || sizes.columns < 1 || sizes.depth < 1 || sizes.blockSize < 1)
      return `its weight has ${bits} bits an element, [${sizes.columns}, ${sizes.depth}] in blocks of ${sizes.blockSize}`;
    const weight = call.context.builder.constant(unpacked(sizes, packed, scales, zeros), call.input(1)?.name);
    const product = call.op("MatMul", [a, weight]);
    return [call.sum(product, bias) ?? product];
  },
};

/** The weight as [K, N] in the dtype of its scales. */
function unpacked(sizes: Packed, packed: Tensor, scales: Tensor, zeros: Tensor | undefined): Tensor {
  const { columns, depth, bits, blockSize } = sizes;
  const blocks = Math.ceil(depth / blockSize);
  return derivedTensor(scales.dtype, [depth, columns], () => {
    const bytes = packed.read();
    const scale = numbersOf(scales);
    const zero = zeroPoints(zeros, sizes, blocks);
    const blobBytes = Math.ceil((blockSize * bits) / 8);
    const weight = new Float64Array(depth * columns);
    for (let column = 0; column < columns; column++) {
      for (let at = 0; at < depth; at++) {
        const block = column * blocks + Math.floor(at / blockSize);
        const element = elementAt(bytes, block * blobBytes, at % blockSize, bits);
        weight[at * columns + column] = (element - zero(block)) * (scale[block] ?? 0);
      }
    }
    return bytesOfNumbers(scales.dtype, weight);
  });
}

/** The n-th element of `bits`, the lowest bits first. */
function elementAt(bytes: Uint8Array, start: number, index: number, bits: number): number {
  const bit = index * bits;
  return ((bytes[start + (bit >> 3)] ?? 0) >> (bit & 7)) & ((1 << bits) - 1);
}

/** By block: packed like the weight, each column's from a byte of its own, or one number each; half the range if absent. */
function zeroPoints(zeros: Tensor | undefined, { bits }: Packed, blocks: number): (block: number) => number {
  if (!zeros) return () => 2 ** (bits - 1);
  if (zeros.dtype !== "uint8") {
    const numbers = numbersOf(zeros);
    return (block) => numbers[block] ?? 0;
  }
  const bytes = zeros.read();
  const rowBytes = Math.ceil((blocks * bits) / 8);
  return (block) => elementAt(bytes, Math.floor(block / blocks) * rowBytes, block % blocks, bits);
}
