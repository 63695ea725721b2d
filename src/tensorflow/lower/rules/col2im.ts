// Col2Im: columns of blocks added up where they stood in the image. Source: https://onnx.ai/onnx/operators/onnx__Col2Im.html
// Cell b of block l stands at b * dilation + l * stride - pad along each axis; what stands outside is dropped.
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";
import { widened } from "../widened.ts";

function axesOf(facts: NodeFacts): number | undefined {
  const count = facts.shape(1)[0];
  return typeof count === "number" ? count : undefined;
}

export const col2im: LoweringRule = {
  op: "Col2Im",
  since: 18,
  layout: LOGICAL,
  limits: "the number of axes is known",
  refuse: (facts) => (axesOf(facts) === undefined ? "the number of its axes is not known" : undefined),
  emit(node) {
    const rank = axesOf(node) as number; // refuse has checked it
    const image = sizes(node, 1, rank);
    const block = sizes(node, 2, rank);
    const targets = image.map((size, axis) => targetsAlong(node, axis, size, block[axis] as TfValue));
    const segments = flatTargets(node, targets, image);
    const [batch, width, count] = node.shape(0).map((dim) => node.values.dim(dim)) as [
      TfValue,
      TfValue,
      TfValue,
    ];
    const cells = block.reduce((product, size) => node.op("Mul", [product, size]));
    const channels = node.op("FloorDiv", [width, cells]);
    const planes = node.op("Mul", [batch, channels]);
    const rows = node.op("Pack", [[planes, node.op("Mul", [cells, count])]]);
    const columns = node.op("Transpose", [node.op("Reshape", [node.logical(0), rows]), node.int32s([1, 0])]);
    const pixels = image.reduce((product, size) => node.op("Mul", [product, size]));
    const summed = widened(node, "UnsortedSegmentSum", [columns, segments, pixels]);
    const turned = node.op("Transpose", [summed, node.int32s([1, 0])]);
    return node.op("Reshape", [turned, node.op("Pack", [[batch, channels, ...image]])]);
  },
};

/** An int64 vector input as scalars. */
function sizes(node: NodeLowering, input: number, rank: number): TfValue[] {
  return node.tf.ops("Unpack", [node.cast(node.logical(input), "int64")], { num: rank, axis: 0 });
}

/** For every cell of a block and every block along one axis, the place in the image: [cells, blocks]. */
function targetsAlong(node: NodeLowering, axis: number, size: TfValue, cells: TfValue): TfValue {
  const rank = node.shape(1)[0] as number; // refuse has checked it
  const at = (name: string, index: number, otherwise: number) =>
    node.int64(node.ints(name)?.[index] ?? otherwise);
  const [dilation, stride] = [at("dilations", axis, 1), at("strides", axis, 1)];
  const [begin, end] = [at("pads", axis, 0), at("pads", axis + rank, 0)];
  const [zero, one] = [node.int64(0), node.int64(1)];
  const last = node.op("Mul", [node.op("Sub", [cells, one]), dilation]);
  const padded = node.op("AddV2", [size, node.op("AddV2", [begin, end])]);
  // blocks = floor((size + pads - (cells - 1) * dilation - 1) / stride) + 1
  const room = node.op("Sub", [node.op("Sub", [padded, last]), one]);
  const blocks = node.op("AddV2", [node.op("FloorDiv", [room, stride]), one]);
  const within = node.op("Mul", [node.op("Range", [zero, cells, one]), dilation]);
  const starts = node.op("Sub", [node.op("Mul", [node.op("Range", [zero, blocks, one]), stride]), begin]);
  return node.op("AddV2", [node.op("Reshape", [within, node.int64s([-1, 1])]), starts]);
}

/** Places in the flat image, cells of all axes before blocks of all axes; -1 outside. */
function flatTargets(node: NodeLowering, targets: readonly TfValue[], image: readonly TfValue[]): TfValue {
  const rank = targets.length;
  const zero = node.int64(0);
  let flat: TfValue = zero;
  let inside: TfValue = node.scalar("bool", 1);
  for (const [axis, target] of targets.entries()) {
    const shape = node.op("Shape", [target], { out_type: "int64" });
    const [cells, blocks] = node.tf.ops("Unpack", [shape], { num: 2, axis: 0 }) as [TfValue, TfValue];
    const one = node.int64(1);
    const spread = Array.from({ length: 2 * rank }, (_, at) =>
      at === axis ? cells : at === rank + axis ? blocks : one,
    );
    const places = node.op("Reshape", [target, node.op("Pack", [spread])]);
    const size = image[axis] as TfValue;
    flat = node.op("AddV2", [node.op("Mul", [flat, size]), places]);
    const [low, high] = [node.op("GreaterEqual", [places, zero]), node.op("Less", [places, size])];
    inside = node.op("LogicalAnd", [inside, node.op("LogicalAnd", [low, high])]);
  }
  const segments = node.op("SelectV2", [inside, flat, node.int64(-1)]);
  return node.op("Reshape", [segments, node.int64s([-1])]);
}
