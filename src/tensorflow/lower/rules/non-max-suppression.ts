// NonMaxSuppression: TensorFlow's kernel for every pair of image and class, the results one after the other.
// Both keep a box whose overlap equals the threshold and drop one whose score does; ties go to the lower index.
import type { Dim } from "../../../graph/dim.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

/** Pairs of image and class are nodes of the graph; more would make it unwieldy. */
const MAX_PAIRS = 1024;
const INT32_MAX = 2 ** 31 - 1;

function pairsOf(facts: NodeFacts): readonly [images: number, classes: number] | undefined {
  const [images, classes] = facts.shape(1) as [Dim, Dim];
  return typeof images === "number" && typeof classes === "number" ? [images, classes] : undefined;
}

export const nonMaxSuppression: LoweringRule = {
  op: "NonMaxSuppression",
  since: 11,
  layout: LOGICAL,
  limits: "the number of images and classes is known; at most 1,024 pairs of them",
  refuse(facts) {
    const pairs = pairsOf(facts);
    if (!pairs) return "the number of images and classes is not fixed";
    return pairs[0] * pairs[1] > MAX_PAIRS ? `${pairs[0]} images with ${pairs[1]} classes` : undefined;
  },
  emit(node) {
    const [images, classes] = pairsOf(node) ?? [0, 0];
    const boxes = corners(node);
    const most = node.has(2)
      ? node.cast(node.op("Minimum", [node.single(2), node.int64(INT32_MAX)]), "int32")
      : node.int32(0);
    const overlap = node.has(3) ? node.single(3) : node.scalar("float32", 0);
    const least = node.has(4) ? node.single(4) : node.scalar("float32", Number.NEGATIVE_INFINITY);
    const rows: TfValue[] = [];
    for (let image = 0; image < images; image++) {
      for (let label = 0; label < classes; label++) {
        const own = [at(node, boxes, [image]), at(node, node.logical(1), [image, label])] as const;
        const kept = node.op("NonMaxSuppressionV3", [...own, most, overlap, least]);
        rows.push(triples(node, image, label, node.cast(kept, "int64")));
      }
    }
    return rows.length === 1 ? (rows[0] as TfValue) : node.op("ConcatV2", [rows, node.int32(0)]);
  },
};

/** Boxes as two corners; which ones does not matter. */
function corners(node: NodeLowering): TfValue {
  const boxes = node.logical(0);
  if (!node.int("center_point_box", 0)) return boxes;
  const [x, y, width, height] = node.tf.ops("Unpack", [boxes], { num: 4, axis: -1 }) as [
    TfValue,
    TfValue,
    TfValue,
    TfValue,
  ];
  const half = node.scalar("float32", 0.5);
  const [right, down] = [node.op("Mul", [width, half]), node.op("Mul", [height, half])];
  const edges = [
    node.op("Sub", [y, down]),
    node.op("Sub", [x, right]),
    node.op("AddV2", [y, down]),
    node.op("AddV2", [x, right]),
  ];
  return node.op("Pack", [edges], { axis: -1 });
}

/** value[place[0], place[1], ...] */
function at(node: NodeLowering, value: TfValue, place: readonly number[]): TfValue {
  const ends = node.int32s(place.map((index) => index + 1));
  const steps = node.int32s(place.map(() => 1));
  return node.op("StridedSlice", [value, node.int32s(place), ends, steps], {
    shrink_axis_mask: (1 << place.length) - 1,
  });
}

/** [K] -> [K, 3] of image, class, box. */
function triples(node: NodeLowering, image: number, label: number, boxes: TfValue): TfValue {
  const zeros = node.op("ZerosLike", [boxes]);
  const numbers = [image, label].map((number) => node.op("AddV2", [zeros, node.int64(number)]));
  return node.op("Pack", [[...numbers, boxes]], { axis: 1 });
}
