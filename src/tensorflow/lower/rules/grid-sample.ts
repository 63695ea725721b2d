// GridSample in 1, 2 and 3 dimensions: two or four taps an axis, gathered from the image's pixels, channels-last, and
// weighted.
// Source: https://onnx.ai/onnx/operators/onnx__GridSample.html
// Coordinates: align_corners ? (g + 1) / 2 (D - 1) : ((g + 1) D - 1) / 2. Cubic uses a = -0.75 and pads every tap.
import type { Dim } from "../../../graph/dim.ts";
import { mulDims } from "../../../graph/dim.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { CHANNELS_LAST, type LoweringRule } from "../rule.ts";

const CUBIC = -0.75;

export const gridSample: LoweringRule = {
  op: "GridSample",
  since: 22,
  layout: CHANNELS_LAST,
  limits: "1 to 3 spatial dimensions; float32 and float64",
  refuse(facts) {
    const spatial = facts.rank(0) - 2;
    if (spatial < 1 || spatial > 3) return `${spatial} spatial dimensions`;
    return ["float32", "float64"].includes(facts.dtype(0)) ? undefined : `${facts.dtype(0)} images`;
  },
  emit(node) {
    const sampler = new Sampler(node);
    const mode = node.string("mode", "linear").replace(/^bi/, "");
    const places = sampler.coordinates();
    if (mode === "nearest") return sampler.tap(places.map((place) => node.op("Round", [place])));
    const taps = places.map((place) =>
      mode === "cubic" ? sampler.cubicTaps(place) : sampler.linearTaps(place),
    );
    const corners = taps.reduce<Tap[][]>(
      (found, axis) => axis.flatMap((tap) => found.map((inner) => [...inner, tap])),
      [[]],
    );
    const terms = corners.map((corner) => sampler.weighted(corner));
    return terms.reduce((sum, term) => node.op("AddV2", [sum, term]));
  },
};

interface Tap {
  readonly place: TfValue;
  readonly weight: TfValue;
}

class Sampler {
  private readonly node: NodeLowering;
  /** Sizes of the image in the order of the coordinates: width, height, depth. */
  private readonly sizes: readonly Dim[];
  /** [N, all pixels, C] */
  private readonly pixels: TfValue;

  constructor(node: NodeLowering) {
    this.node = node;
    const [batch, channels, ...image] = node.shape(0) as [Dim, Dim, ...Dim[]]; // refuse has checked the rank
    this.sizes = image.toReversed();
    this.pixels = node.reshape(node.data(), [batch, image.reduce(mulDims), channels]);
  }

  /** x, y and z in the image's pixels, each in the shape of the grid. */
  coordinates(): TfValue[] {
    const { node, sizes } = this;
    const grid = node.cast(node.logical(1), node.dtype(0));
    const axes = node.tf.ops("Unpack", [grid], { num: sizes.length, axis: sizes.length + 1 });
    return axes.map((axis, index) => {
      const size = sizes[index] as Dim; // there are as many
      return this.bordered(this.unscaled(axis, size), size);
    });
  }

  linearTaps(x: TfValue): Tap[] {
    const { node } = this;
    const low = node.op("Floor", [x]);
    const share = node.op("Sub", [x, low]);
    return [
      { place: low, weight: node.op("Sub", [this.number(1), share]) },
      { place: node.op("AddV2", [low, this.number(1)]), weight: share },
    ];
  }

  cubicTaps(x: TfValue): Tap[] {
    const { node } = this;
    const low = node.op("Floor", [x]);
    const share = node.op("Sub", [x, low]);
    return [-1, 0, 1, 2].map((offset) => {
      const away = node.op("Abs", [node.op("Sub", [share, this.number(offset)])]);
      return { place: node.op("AddV2", [low, this.number(offset)]), weight: this.cubicWeight(away, offset) };
    });
  }

  weighted(corner: readonly Tap[]): TfValue {
    const { node } = this;
    const product = corner.map(({ weight }) => weight).reduce((a, b) => node.op("Mul", [a, b]));
    const weight = node.op("ExpandDims", [product, node.int32(-1)]);
    return node.op("Mul", [this.tap(corner.map(({ place }) => place)), weight]);
  }

  /** The pixels at whole coordinates, channels last; zero outside where that is the padding. */
  tap(places: readonly TfValue[]): TfValue {
    const { node, sizes } = this;
    const reflected = places.map((place, axis) => this.reflected(place, sizes[axis] as Dim)); // there are as many
    const safe = reflected.map((place, axis) => this.clamped(place, sizes[axis] as Dim));
    const place = this.flatPlace(safe);
    const pixels = node.op("GatherV2", [this.pixels, place, node.int32(1)], { batch_dims: 1 });
    if (this.padding !== "zeros") return pixels;
    const inside = safe
      .map((at, axis) => node.op("Equal", [at, reflected[axis] as TfValue]))
      .reduce((a, b) => node.op("LogicalAnd", [a, b]));
    const mask = node.op("ExpandDims", [inside, node.int32(-1)]);
    return node.op("SelectV2", [mask, pixels, node.op("ZerosLike", [pixels])]);
  }

  /** The number of a pixel, counted along x first. */
  private flatPlace(places: readonly TfValue[]): TfValue {
    const { node, sizes } = this;
    const [slowest, ...faster] = places.toReversed() as [TfValue, ...TfValue[]]; // at least one axis
    return faster.reduce(
      (flat, place, index) => {
        const size = node.values.dim(sizes[faster.length - 1 - index] as Dim); // of the axis that `place` counts along
        return node.op("AddV2", [node.op("Mul", [flat, size]), node.cast(place, "int64")]);
      },
      node.cast(slowest, "int64"),
    );
  }

  private get padding(): string {
    return this.node.string("padding_mode", "zeros");
  }

  private get aligned(): boolean {
    return this.node.int("align_corners", 0) === 1;
  }

  private number(value: number): TfValue {
    return this.node.scalar(this.node.dtype(0), value);
  }

  private size(dim: Dim): TfValue {
    return this.node.cast(this.node.values.dim(dim), this.node.dtype(0));
  }

  /** From -1 .. 1 to pixels. */
  private unscaled(g: TfValue, dim: Dim): TfValue {
    const { node } = this;
    const shifted = node.op("AddV2", [g, this.number(1)]);
    const half = this.number(0.5);
    if (this.aligned) {
      return node.op("Mul", [
        node.op("Mul", [shifted, half]),
        node.op("Sub", [this.size(dim), this.number(1)]),
      ]);
    }
    const scaled = node.op("Mul", [shifted, this.size(dim)]);
    return node.op("Mul", [node.op("Sub", [scaled, this.number(1)]), half]);
  }

  /** Linear and nearest modes bring the coordinate itself into the image; cubic pads tap by tap. */
  private bordered(x: TfValue, dim: Dim): TfValue {
    const cubic = this.node.string("mode", "linear").includes("cubic");
    if (cubic) return x;
    return this.padding === "border"
      ? this.clamped(x, dim)
      : this.padding === "reflection"
        ? this.reflected(x, dim)
        : x;
  }

  private clamped(x: TfValue, dim: Dim): TfValue {
    const { node } = this;
    const last = node.op("Sub", [this.size(dim), this.number(1)]);
    return node.op("Minimum", [node.op("Maximum", [x, this.number(0)]), last]);
  }

  /** A triangle wave between the border pixels' centres, or their outer edges. */
  private reflected(x: TfValue, dim: Dim): TfValue {
    if (this.padding !== "reflection") return x;
    const { node } = this;
    const low = this.number(this.aligned ? 0 : -0.5);
    const size = this.size(dim);
    const span = this.aligned ? node.op("Sub", [size, this.number(1)]) : size;
    const period = node.op("Maximum", [node.op("Mul", [span, this.number(2)]), this.number(1)]);
    const within = node.op("FloorMod", [node.op("Sub", [x, low]), period]);
    const back = node.op("Minimum", [within, node.op("Sub", [period, within])]);
    return this.clamped(node.op("AddV2", [back, low]), dim);
  }

  private cubicWeight(away: TfValue, offset: number): TfValue {
    const { node } = this;
    const a = CUBIC;
    const inner = offset === 0 || offset === 1;
    // Horner's form of (a + 2) x^3 - (a + 3) x^2 + 1 near, a x^3 - 5 a x^2 + 8 a x - 4 a further away.
    const coefficients = inner ? [a + 2, -(a + 3), 0, 1] : [a, -5 * a, 8 * a, -4 * a];
    const [first = 0, ...rest] = coefficients;
    return rest.reduce(
      (sum, coefficient) => node.op("AddV2", [node.op("Mul", [sum, away]), this.number(coefficient)]),
      this.number(first),
    );
  }
}
