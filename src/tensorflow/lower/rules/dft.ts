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
  refuse(facts) {
    if (axisOf(facts) === undefined) return "its axis is not known before the model runs";
    const { from, to } = lengths(facts);
    const fits = from === to || facts.int("onesided", 0) === 1; // real transforms cut and pad by themselves
    if (!fits && (typeof from !== "number" || typeof to !== "number")) {
      return "its length is not known before the model runs";
    }
    const parts = facts.shape(0).at(-1);
    return parts === 1 || parts === 2 ? undefined : "whether its input is complex is not known";
  },
  emit(node) {
    const axis = axisOf(node) as number; // refuse has checked it
    const rank = node.rank(0) - 1;
    const order = [...Array.from({ length: rank }, (_, at) => at).filter((at) => at !== axis), axis];
    const back = order.map((_, at) => order.indexOf(at));
    const dtype: DType = node.dtype(0) === "float64" ? "float64" : "float32";
    const turn = (value: TfValue, perm: readonly number[]) =>
      perm.every((at, index) => at === index) ? value : node.op("Transpose", [value, node.int32s(perm)]);
    const parts = node.tf
      .ops("Unpack", [node.cast(node.logical(0), dtype)], { num: node.shape(0).at(-1) as number, axis: -1 })
      .map((part) => turn(part, order));
    const result = transform(node, parts, rank, dtype).map((part) => turn(part, back));
    return node.cast(node.op("Pack", [result], { axis: rank }), node.dtype(0));
  },
};

/** Real and imaginary parts of the transform along the last axis; the real part alone for a real result. */
function transform(node: NodeLowering, parts: readonly TfValue[], rank: number, dtype: DType): TfValue[] {
  const { from, to } = lengths(node);
  const inverse = node.int("inverse", 0) === 1;
  const onesided = node.int("onesided", 0) === 1;
  const complex: DType = dtype === "float64" ? "complex128" : "complex64";
  const [real, imaginary] = parts as [TfValue, TfValue | undefined];
  const size = node.op("Reshape", [node.cast(node.values.dim(to ?? from), "int32"), node.int32s([1])]);
  if (onesided && !inverse) return split(node, node.op("RFFT", [real, size], { Tcomplex: complex }), dtype);
  const numbers = node.op("Complex", [real, imaginary ?? node.op("ZerosLike", [real])], { Tout: complex });
  if (onesided) return [node.op("IRFFT", [numbers, size], { Treal: dtype })];
  const change = from === to ? 0 : (to as number) - (from as number); // refuse has checked both
  const zeros = new Array<number>(rank - 1).fill(0);
  const fitted = padValue(node, numbers, [...zeros, 0], [...zeros, change]);
  return split(node, node.op(inverse ? "IFFT" : "FFT", [fitted]), dtype);
}

function split(node: NodeLowering, value: TfValue, dtype: DType): TfValue[] {
  return [node.op("Real", [value], { Tout: dtype }), node.op("Imag", [value], { Tout: dtype })];
}
