// DFT along one axis: TensorFlow's transforms of the last axis, complex numbers as a last axis of 2 outside.
// Source: https://onnx.ai/onnx/operators/onnx__DFT.html; both scale the inverse by 1/n.
import { addDims, type Dim, mulDims } from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { padValue } from "../pad-value.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

/** The transformed axis among those that remain when the last one, of real and imaginary parts, is gone. */
function axisOf(facts: NodeFacts): number | undefined {
  const axis = facts.has(2) ? facts.numbers(2)?.[0] : -2;
  return axis === undefined ? undefined : facts.axisOf(axis, facts.rank(0));
}

function lengths(facts: NodeFacts): { from: Dim; to: Dim | undefined } {
  const from = facts.shape(0)[axisOf(facts) ?? 0] ?? 1;
  // Half a spectrum of n/2 + 1 numbers comes from n.
  const halved = facts.int("inverse", 0) === 1 && facts.int("onesided", 0) === 1;
  const given = facts.has(1) ? facts.contents(1)?.[0] : halved ? mulDims(addDims(from, -1), 2) : from;
  return { from, to: given };
}

export const dft: LoweringRule = {
  op: "DFT",
  since: 20,
  layout: LOGICAL,
  limits: "whether the input is complex is known, and the axis or the length",
  refuse(facts) {
    const parts = facts.shape(0).at(-1);
    if (parts !== 1 && parts !== 2) return "whether its input is complex is not known";
    if (axisOf(facts) === undefined) {
      return facts.has(1) ? "neither its axis nor its length is known before the model runs" : undefined;
    }
    const { from, to } = lengths(facts);
    const fits = from === to || facts.int("onesided", 0) === 1; // real transforms cut and pad by themselves
    if (!fits && (typeof from !== "number" || typeof to !== "number")) {
      return "its length is not known before the model runs";
    }
    return undefined;
  },
  emit(node) {
    const rank = node.rank(0) - 1;
    const { there, back } = turns(node, rank);
    const dtype: DType = node.dtype(0) === "float64" ? "float64" : "float32";
    const parts = node.tf
      .ops("Unpack", [node.cast(node.logical(0), dtype)], { num: node.shape(0).at(-1) as number, axis: -1 })
      .map(there);
    const result = transform(node, parts, rank, dtype).map(back);
    return node.cast(node.op("Pack", [result], { axis: rank }), node.dtype(0));
  },
};

interface Turns {
  /** Brings the transformed axis to the end. */
  there(value: TfValue): TfValue;
  back(value: TfValue): TfValue;
}

function turns(node: NodeLowering, rank: number): Turns {
  const axis = axisOf(node);
  if (axis === undefined) return freeTurns(node, rank);
  const order = [...Array.from({ length: rank }, (_, at) => at).filter((at) => at !== axis), axis];
  const inverse = order.map((_, at) => order.indexOf(at));
  const turn = (value: TfValue, perm: readonly number[]) =>
    perm.every((at, index) => at === index) ? value : node.op("Transpose", [value, node.int32s(perm)]);
  return { there: (value) => turn(value, order), back: (value) => turn(value, inverse) };
}

/** The axis is known to running alone: the others close up where it leaves. */
function freeTurns(node: NodeLowering, rank: number): Turns {
  const given = node.cast(node.single(2), "int64");
  const below = node.op("Less", [given, node.int64(0)]);
  // It counts from the end of the input, which has the axis of real and imaginary parts too.
  const axis = node.op("SelectV2", [below, node.op("AddV2", [given, node.int64(rank + 1)]), given]);
  const places = node.int64s(Array.from({ length: rank }, (_, at) => at));
  const behind = node.op("GreaterEqual", [places, axis]);
  const closed = node.op("SelectV2", [behind, node.op("AddV2", [places, node.int64(1)]), places]);
  const last = node.op("Equal", [places, node.int64(rank - 1)]);
  const order = node.op("SelectV2", [last, axis, closed]);
  const inverse = node.op("InvertPermutation", [order]);
  return {
    there: (value) => node.op("Transpose", [value, order]),
    back: (value) => node.op("Transpose", [value, inverse]),
  };
}

/** The length of the real transform's result or source, int32 [1]. */
function realLength(node: NodeLowering, turned: TfValue, rank: number, inverse: boolean): TfValue {
  if (axisOf(node) !== undefined) {
    const { from, to } = lengths(node);
    return node.op("Reshape", [node.cast(node.values.dim(to ?? from), "int32"), node.int32s([1])]);
  }
  const size = node.slice(node.op("Shape", [turned], { out_type: "int32" }), 1, 0, rank - 1, undefined);
  return inverse ? node.op("Mul", [node.op("Sub", [size, node.int32(1)]), node.int32(2)]) : size;
}

/** Real and imaginary parts of the transform along the last axis; the real part alone for a real result. */
function transform(node: NodeLowering, parts: readonly TfValue[], rank: number, dtype: DType): TfValue[] {
  const inverse = node.int("inverse", 0) === 1;
  const onesided = node.int("onesided", 0) === 1;
  const complex: DType = dtype === "float64" ? "complex128" : "complex64";
  const [real, imaginary] = parts as [TfValue, TfValue | undefined];
  const size = () => realLength(node, real, rank, inverse);
  if (onesided && !inverse) {
    return split(node, node.op("RFFT", [real, size()], { Tcomplex: complex }), dtype);
  }
  const numbers = node.op("Complex", [real, imaginary ?? node.op("ZerosLike", [real])], { Tout: complex });
  if (onesided) return [node.op("IRFFT", [numbers, size()], { Treal: dtype })];
  return split(node, node.op(inverse ? "IFFT" : "FFT", [fitted(node, numbers, rank)]), dtype);
}

/** Cut or padded at the end to the wanted length. */
function fitted(node: NodeLowering, numbers: TfValue, rank: number): TfValue {
  const { from, to } = lengths(node);
  if (axisOf(node) === undefined || from === to) return numbers;
  const zeros = new Array<number>(rank - 1).fill(0);
  return padValue(node, numbers, [...zeros, 0], [...zeros, (to as number) - (from as number)]); // refuse has checked both
}

function split(node: NodeLowering, value: TfValue, dtype: DType): TfValue[] {
  return [node.op("Real", [value], { Tout: dtype }), node.op("Imag", [value], { Tout: dtype })];
}
