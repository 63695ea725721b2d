// GridSample in 2 dimensions: four or sixteen taps gathered from the image's rows, channels-last, and weighted.
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
  refuse(facts) {
    if (facts.rank(0) !== 4) return `${facts.rank(0) - 2} spatial dimensions`;
    return ["float32", "float64"].includes(facts.dtype(0)) ? undefined : `${facts.dtype(0)} images`;
  },
  emit(node) {
    const sampler = new Sampler(node);
    const mode = node.string("mode", "linear").replace(/^bi/, "");
    const [x, y] = sampler.coordinates();
    if (mode === "nearest") return sampler.tap(node.op("Round", [x]), node.op("Round", [y]));
    const [xs, ys] = [x, y].map((value) =>
      mode === "cubic" ? sampler.cubicTaps(value) : sampler.linearTaps(value),
    ) as [Tap[], Tap[]];
    const terms = ys.flatMap((row) => xs.map((column) => sampler.weighted(column, row)));
    return terms.reduce((sum, term) => node.op("AddV2", [sum, term]));
  },
};

interface Tap {
  readonly place: TfValue;
  readonly weight: TfValue;
}

class Sampler {
  private readonly node: NodeLowering;
  private readonly height: Dim;
  private readonly width: Dim;
  /** [N, H * W, C] */
  private readonly rows: TfValue;

  constructor(node: NodeLowering) {
    this.node = node;
    const [batch, channels, height, width] = node.shape(0) as [Dim, Dim, Dim, Dim]; // refuse has checked the rank
    this.height = height;
    this.width = width;
    this.rows = node.reshape(node.data(), [batch, mulDims(height, width), channels]);
  }

  /** x and y in the image's pixels, [N, Ho, Wo] each. */
  coordinates(): [TfValue, TfValue] {
    const { node } = this;
    const grid = node.cast(node.logical(1), node.dtype(0));
    const [x, y] = node.tf.ops("Unpack", [grid], { num: 2, axis: 3 }) as [TfValue, TfValue];
    return [
      this.bordered(this.pixels(x, this.width), this.width),
      this.bordered(this.pixels(y, this.height), this.height),
    ];
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

  weighted(column: Tap, row: Tap): TfValue {
    const { node } = this;
    const weight = node.op("ExpandDims", [node.op("Mul", [column.weight, row.weight]), node.int32(-1)]);
    return node.op("Mul", [this.tap(column.place, row.place), weight]);
  }

  /** The pixels at whole coordinates, [N, Ho, Wo, C]; zero outside where that is the padding. */
  tap(x: TfValue, y: TfValue): TfValue {
    const { node } = this;
    const [column, row] = [this.reflected(x, this.width), this.reflected(y, this.height)];
    const [safeColumn, safeRow] = [this.clamped(column, this.width), this.clamped(row, this.height)];
    const width = node.values.dim(this.width);
    const place = node.op("AddV2", [
      node.op("Mul", [node.cast(safeRow, "int64"), width]),
      node.cast(safeColumn, "int64"),
    ]);
    const pixels = node.op("GatherV2", [this.rows, place, node.int32(1)], { batch_dims: 1 });
    if (this.padding !== "zeros") return pixels;
    const inside = node.op("LogicalAnd", [
      node.op("Equal", [safeColumn, column]),
      node.op("Equal", [safeRow, row]),
    ]);
    const mask = node.op("ExpandDims", [inside, node.int32(-1)]);
    return node.op("SelectV2", [mask, pixels, node.op("ZerosLike", [pixels])]);
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

  private pixels(g: TfValue, dim: Dim): TfValue {
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
