// DeformConv over images: every tap of the kernel is moved by an offset of its own and read between four pixels; what
// is read becomes the rows of a matrix product, as in a convolution by columns.
// Source: https://onnx.ai/onnx/operators/onnx__DeformConv.html
// Layout: offsets [N, offset groups * taps * (y, x), Ho, Wo], mask [N, offset groups * taps, Ho, Wo]; inside
// [N, offset groups, Ho, Wo, taps, C / offset groups]. Pixels outside the image are zeros.
import type { Dim } from "../../../graph/dim.ts";
import { mulDims, productOf } from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { CHANNELS_LAST, type LoweringRule } from "../rule.ts";

export const deformConv: LoweringRule = {
  op: "DeformConv",
  since: 19,
  layout: CHANNELS_LAST,
  limits: "2 spatial dimensions; channels and kernel are known",
  refuse(facts) {
    if (facts.rank(0) !== 4) return `${facts.rank(0) - 2} spatial dimensions`;
    if (typeof facts.shape(0)[1] !== "number")
      return "the number of its channels is not known before the model runs";
    const known = facts.shape(1).every((size) => typeof size === "number");
    return known ? undefined : "the size of its kernel is not known before the model runs";
  },
  emit(node) {
    const sizes = sizesOf(node);
    const dtype = node.dtype(0) === "float64" ? "float64" : "float32";
    const columns = new Reader(node, sizes, dtype).columns();
    const y = product(node, sizes, columns, dtype);
    const biased = node.has(3) ? node.op("AddV2", [y, node.cast(node.logical(3), dtype)]) : y;
    return node.cast(biased, node.dtype(0));
  },
};

interface Sizes {
  readonly batch: Dim;
  readonly image: readonly [Dim, Dim];
  readonly out: readonly [Dim, Dim];
  readonly kernel: readonly [number, number];
  readonly taps: number;
  readonly channels: number;
  readonly outputs: number;
  readonly groups: number;
  readonly offsetGroups: number;
}

function sizesOf(facts: NodeFacts): Sizes {
  const [batch, channels, ...image] = facts.shape(0) as [Dim, number, Dim, Dim]; // refuse has checked them
  const [outputs, , ...kernel] = facts.shape(1) as [number, number, number, number];
  return {
    batch,
    image,
    out: facts.shape(2).slice(2) as [Dim, Dim], // as deep as the image
    kernel,
    taps: kernel[0] * kernel[1],
    channels,
    outputs,
    groups: facts.int("group", 1),
    offsetGroups: facts.int("offset_group", 1),
  };
}

class Reader {
  private readonly node: NodeLowering;
  private readonly sizes: Sizes;
  private readonly dtype: DType;

  constructor(node: NodeLowering, sizes: Sizes, dtype: DType) {
    this.node = node;
    this.sizes = sizes;
    this.dtype = dtype;
  }

  /** [N, offset groups, Ho, Wo, taps, C / offset groups] */
  columns(): TfValue {
    const { node } = this;
    const [y, x] = [this.coordinates(0), this.coordinates(1)];
    const [rows, columns] = [this.neighbours(y, 0), this.neighbours(x, 1)];
    const pixels = this.pixels();
    const terms = rows.flatMap((row) =>
      columns.map((column) => {
        const places = node.op("AddV2", [
          node.op("Mul", [row.place, node.values.dim(this.sizes.image[1])]),
          column.place,
        ]);
        const tap = node.op("GatherV2", [pixels, places, node.int32(2)], { batch_dims: 2 });
        const weight = node.op("Mul", [row.weight, column.weight]);
        return node.op("Mul", [tap, node.op("ExpandDims", [this.masked(weight), node.int32(-1)])]);
      }),
    );
    return terms.reduce((sum, term) => node.op("AddV2", [sum, term]));
  }

  /** [N, offset groups, H * W, C / offset groups] */
  private pixels(): TfValue {
    const { node } = this;
    const { batch, image, channels, offsetGroups } = this.sizes;
    const shape = [batch, mulDims(image[0], image[1]), offsetGroups, channels / offsetGroups];
    const apart = node.reshape(node.cast(node.data(), this.dtype), shape);
    return node.transpose(apart, shape, [0, 2, 1, 3]);
  }

  /** Where each tap reads along an axis: [N, offset groups, Ho, Wo, taps]. */
  private coordinates(axis: 0 | 1): TfValue {
    const { node } = this;
    const { batch, out, taps, offsetGroups } = this.sizes;
    const shape = [batch, offsetGroups, taps, 2, ...out];
    const offsets = node.reshape(node.cast(node.logical(2), this.dtype), shape);
    const one = node.op("GatherV2", [offsets, node.int32(axis), node.int32(3)]);
    const moved = node.transpose(one, [batch, offsetGroups, taps, ...out], [0, 1, 3, 4, 2]);
    return node.op("AddV2", [moved, this.grid(axis)]);
  }

  /** Where a convolution's taps read: [Ho, 1, taps] or [Wo, taps]. */
  private grid(axis: 0 | 1): TfValue {
    const { node } = this;
    const { kernel, out, taps } = this.sizes;
    const stride = node.ints("strides")?.[axis] ?? 1;
    const dilation = node.ints("dilations")?.[axis] ?? 1;
    const pad = node.ints("pads")?.[axis] ?? 0;
    const steps = node.op("Range", [node.int64(0), node.values.dim(out[axis]), node.int64(1)]);
    const starts = node.op("Mul", [node.cast(steps, this.dtype), this.number(stride)]);
    const places = Array.from({ length: taps }, (_, tap) =>
      axis === 0 ? Math.floor(tap / kernel[1]) : tap % kernel[1],
    );
    const taken = places.map((place) => place * dilation - pad);
    const column = node.op("Reshape", [starts, node.int64s(axis === 0 ? [-1, 1, 1] : [-1, 1])]);
    return node.op("AddV2", [column, node.tf.constant(tensorOfNumbers(this.dtype, [taps], taken))]);
  }

  /** The pixels before and after along an axis, and how much each counts; nothing outside the image. */
  private neighbours(at: TfValue, axis: 0 | 1): { place: TfValue; weight: TfValue }[] {
    const { node } = this;
    const size = node.cast(node.values.dim(this.sizes.image[axis]), this.dtype);
    const last = node.op("Sub", [size, this.number(1)]);
    const before = node.op("Floor", [at]);
    const share = node.op("Sub", [at, before]);
    const pairs = [
      [before, node.op("Sub", [this.number(1), share])],
      [node.op("AddV2", [before, this.number(1)]), share],
    ] as const;
    return pairs.map(([place, weight]) => {
      const safe = node.op("Minimum", [node.op("Maximum", [place, this.number(0)]), last]);
      const inside = node.cast(node.op("Equal", [safe, place]), this.dtype);
      return { place: node.cast(safe, "int64"), weight: node.op("Mul", [weight, inside]) };
    });
  }

  private masked(weight: TfValue): TfValue {
    const { node } = this;
    if (!node.has(4)) return weight;
    const { batch, out, taps, offsetGroups } = this.sizes;
    const shape = [batch, offsetGroups, taps, ...out];
    const mask = node.reshape(node.cast(node.logical(4), this.dtype), shape);
    return node.op("Mul", [weight, node.transpose(mask, shape, [0, 1, 3, 4, 2])]);
  }

  private number(value: number): TfValue {
    return this.node.scalar(this.dtype, value);
  }
}

/** Columns times weights: [N, Ho, Wo, M]. */
function product(node: NodeLowering, sizes: Sizes, columns: TfValue, dtype: DType): TfValue {
  const { batch, out, taps, channels, outputs, groups, offsetGroups } = sizes;
  const apart = [batch, offsetGroups, ...out, taps, channels / offsetGroups];
  const rows = productOf([batch, ...out]);
  const together = node.transpose(columns, apart, [0, 2, 3, 4, 1, 5]);
  const depth = (taps * channels) / groups;
  const weight = node.cast(node.in(1, { perm: [2, 3, 1, 0] }), dtype); // [kernel, C / groups, M]
  const shape = [batch, ...out, outputs];
  if (groups === 1) {
    const matrix = node.reshape(together, [rows, depth]);
    return node.reshape(node.op("MatMul", [matrix, node.reshape(weight, [depth, outputs])]), shape);
  }
  const grouped = [rows, taps, groups, channels / groups];
  const moved = node.transpose(node.reshape(together, grouped), grouped, [2, 0, 1, 3]);
  const matrices = node.reshape(moved, [groups, rows, depth]);
  const cut = [depth, groups, outputs / groups];
  const weights = node.transpose(node.reshape(weight, cut), cut, [1, 0, 2]);
  const products = node.op("BatchMatMulV2", [matrices, weights]);
  return node.reshape(node.transpose(products, [groups, rows, outputs / groups], [1, 0, 2]), shape);
}
