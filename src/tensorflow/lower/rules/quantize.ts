// QuantizeLinear and DequantizeLinear, exactly: rounding to even, then the zero point, then saturation.
// y = saturate(round(x / scale) + zero_point); x = (y - zero_point) * scale. Scales are per tensor or per axis.
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
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

function refuseBlocks(facts: NodeFacts): string | undefined {
  return facts.int("block_size", 0) > 0 ? "it is quantised in blocks" : undefined;
}

export const quantizeLinear: LoweringRule = {
  op: "QuantizeLinear",
  since: 21,
  layout: ANY_ORDER,
  refuse(facts) {
    const dtype = facts.outputType().dtype;
    return refuseBlocks(facts) ?? (RANGES[dtype] ? undefined : `${dtype} is not a type of 8 or 16 bits`);
  },
  emit(node) {
    const dtype = node.outputType().dtype;
    const [low, high] = RANGES[dtype] as readonly [number, number]; // refuse has checked it
    const x = node.cast(node.data(), "float32");
    const scale = alongAxis(node, node.cast(node.logical(1), "float32"), 1);
    const rounded = node.op("Round", [node.op("RealDiv", [x, scale])]);
    const shifted = node.has(2)
      ? node.op("AddV2", [rounded, alongAxis(node, node.cast(node.logical(2), "float32"), 2)])
      : rounded;
    const [least, most] = [node.scalar("float32", low), node.scalar("float32", high)];
    return node.cast(node.op("Minimum", [node.op("Maximum", [shifted, least]), most]), dtype);
  },
};

export const dequantizeLinear: LoweringRule = {
  op: "DequantizeLinear",
  since: 21,
  layout: ANY_ORDER,
  refuse(facts) {
    const dtype = facts.dtype(0);
    const known = RANGES[dtype] !== undefined || dtype === "int32";
    return refuseBlocks(facts) ?? (known ? undefined : `${dtype} is not an integer of 8, 16 or 32 bits`);
  },
  emit(node) {
    const result = node.outputType().dtype;
    const wide = (value: TfValue) => node.cast(value, "int32");
    const y = node.has(2)
      ? node.op("Sub", [wide(node.data()), alongAxis(node, wide(node.logical(2)), 2)])
      : node.data();
    const scale = alongAxis(node, node.cast(node.logical(1), "float32"), 1);
    return node.cast(node.op("Mul", [node.cast(y, "float32"), scale]), result);
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
