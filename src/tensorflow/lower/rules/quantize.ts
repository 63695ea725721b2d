// QuantizeLinear and DequantizeLinear, exactly: rounding to even, then the zero point, then saturation.
// y = saturate(round(x / scale) + zero_point); x = (y - zero_point) * scale. Scales are per tensor, per axis, or per
// block of elements along an axis. An 8-bit float is rounded by its own cast, and its zero point is zero.
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import { fromFloat8, isFloat8, refuseFloat8, toFloat8 } from "../float8.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { ANY_ORDER, type LoweringRule } from "../rule.ts";

const RANGES: Readonly<Partial<Record<DType, readonly [number, number]>>> = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint8: [0, 2 ** 8 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
};

/** A scale or zero point as it broadcasts over the data. */
function alongAxis(node: NodeLowering, value: TfValue, input: number): TfValue {
  if (node.rank(input) === 0) return value;
  const at = node.physical(node.int("axis", 1));
  const shape = node.layout.perm.map((_, index) => (index === at ? -1 : 1));
  return node.op("Reshape", [value, node.int64s(node.shape(input)[0] === 1 ? [] : shape)]);
}

/** Input `input`, a scale or zero point, in `dtype`: as it broadcasts, or repeated for every element of its block. */
function perElement(node: NodeLowering, input: number, dtype: DType): TfValue {
  const size = node.int("block_size", 0);
  if (size === 0) return alongAxis(node, node.cast(node.logical(input), dtype), input);
  const axis = node.axisOf(node.int("axis", 1), node.rank(0));
  const count = node.values.dim(node.shape(0)[axis] ?? 1);
  const places = node.op("Range", [node.int64(0), count, node.int64(1)]);
  const blocks = node.op("FloorDiv", [places, node.int64(size)]);
  const value = node.cast(node.in(input, node.layout), dtype);
  return node.op("GatherV2", [value, blocks, node.int32(node.physical(axis))]);
}

/** Blocks have scales as deep as the data. */
function refuseBlocks(facts: NodeFacts): string | undefined {
  const odd = facts.int("block_size", 0) > 0 && facts.rank(1) !== facts.rank(0);
  return odd ? "its scales are not as deep as its data" : undefined;
}

export const quantizeLinear: LoweringRule = {
  op: "QuantizeLinear",
  since: 21,
  layout: ANY_ORDER,
  limits: "types of 8 and 16 bits, and float8; sizes known for blocks",
  refuse(facts) {
    const dtype = facts.outputType().dtype;
    const known = RANGES[dtype] !== undefined || isFloat8(dtype);
    const reason = known ? refuseFloat8("float32", dtype) : `${dtype} is not a type of 8 or 16 bits`;
    return refuseBlocks(facts) ?? reason;
  },
  emit(node) {
    const dtype = node.outputType().dtype;
    const x = node.cast(node.data(), "float32");
    const scaled = node.op("RealDiv", [x, perElement(node, 1, "float32")]);
    if (isFloat8(dtype)) return toFloat8(node, scaled, dtype, node.int("saturate", 1) === 1);
    const [low, high] = RANGES[dtype] as readonly [number, number]; // refuse has checked it
    const rounded = node.op("Round", [scaled]);
    const shifted = node.has(2) ? node.op("AddV2", [rounded, perElement(node, 2, "float32")]) : rounded;
    const [least, most] = [node.scalar("float32", low), node.scalar("float32", high)];
    return node.cast(node.op("Minimum", [node.op("Maximum", [shifted, least]), most]), dtype);
  },
};

export const dequantizeLinear: LoweringRule = {
  op: "DequantizeLinear",
  since: 21,
  layout: ANY_ORDER,
  limits: "types of 8, 16 and 32 bits, and float8; sizes known for blocks",
  refuse(facts) {
    const dtype = facts.dtype(0);
    const known = RANGES[dtype] !== undefined || dtype === "int32" || isFloat8(dtype);
    const reason = known
      ? refuseFloat8(dtype, "float32")
      : `${dtype} is not an integer of 8, 16 or 32 bits, nor a float of 8`;
    return refuseBlocks(facts) ?? reason;
  },
  emit(node) {
    const result = node.outputType().dtype;
    const scale = perElement(node, 1, "float32");
    const scaled = (y: TfValue) => node.cast(node.op("Mul", [node.cast(y, "float32"), scale]), result);
    if (isFloat8(node.dtype(0))) return scaled(fromFloat8(node, node.data(), "float32"));
    if (!node.has(2)) return scaled(node.data());
    return scaled(node.op("Sub", [node.cast(node.data(), "int32"), perElement(node, 2, "int32")]));
  },
};

/** One scale for the tensor, from its range with 0 in it, over 255 steps. */
export const dynamicQuantizeLinear: LoweringRule = {
  op: "DynamicQuantizeLinear",
  since: 11,
  layout: {
    ...ANY_ORDER,
    through: (_, layout, output) => (layout.folded ? undefined : output === 0 ? layout : { perm: [] }),
  },
  emit(node) {
    const x = node.data();
    const zero = node.scalar("float32", 0);
    const all = node.int32s(node.layout.perm.map((_, axis) => axis));
    const low = node.op("Minimum", [node.op("Min", [x, all]), zero]);
    const high = node.op("Maximum", [node.op("Max", [x, all]), zero]);
    const scale = node.op("RealDiv", [node.op("Sub", [high, low]), node.scalar("float32", 255)]);
    const clamp = (value: TfValue) =>
      node.op("Minimum", [node.op("Maximum", [value, zero]), node.scalar("float32", 255)]);
    const point = node.op("Round", [clamp(node.op("RealDiv", [node.op("Neg", [low]), scale]))]);
    const y = clamp(node.op("AddV2", [node.op("Round", [node.op("RealDiv", [x, scale])]), point]));
    return [node.cast(y, "uint8"), scale, node.cast(point, "uint8")];
  },
};
