// RoiAlign: each region pooled to a fixed size, one region a round, so that memory is that of one region.
// Source: https://onnx.ai/onnx/operators/onnx__RoiAlign.html
// Per axis a bin of the region is sampled at `grid` points (0: as many as the bin is long, rounded up), and a point lies
// between two rows or columns: a region is what stands in those rows and columns, weighted, then averaged or compared.
// Points more than one pixel outside count as zero; half_pixel moves a region by half a pixel and lets it be empty.
import type { Dim } from "../../../graph/dim.ts";
import { mulDims } from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import type { TfBuilder } from "../../builder.ts";
import type { TfValue } from "../../graph.ts";
import { countedLoop } from "../../while-loop.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { CHANNELS_LAST, type LoweringRule } from "../rule.ts";

const MODES = ["avg", "max"];
const TRANSFORMS = ["half_pixel", "output_half_pixel"];

export const roiAlign: LoweringRule = {
  op: "RoiAlign",
  since: 16,
  layout: CHANNELS_LAST,
  limits: "modes avg and max; half_pixel and output_half_pixel",
  refuse(facts) {
    const mode = facts.string("mode", "avg");
    const transform = facts.string("coordinate_transformation_mode", "half_pixel");
    if (!MODES.includes(mode)) return `mode ${mode}`;
    return TRANSFORMS.includes(transform) ? undefined : `coordinate_transformation_mode ${transform}`;
  },
  emit(node) {
    const dtype = node.dtype(0) === "float64" ? "float64" : "float32";
    const [batch, channels, height, width] = node.shape(0) as [Dim, Dim, Dim, Dim]; // inference has checked the rank
    const pixels = node.reshape(node.cast(node.data(), dtype), [
      mulDims(mulDims(batch, height), width),
      channels,
    ]);
    const around = {
      pixels,
      regions: node.cast(node.logical(1), dtype),
      images: node.cast(node.logical(2), "int64"),
      height: node.values.dim(height),
      width: node.values.dim(width),
    };
    const [rows, columns] = [node.int("output_height", 1), node.int("output_width", 1)];
    const free = typeof channels === "number" ? channels : -1;
    const count = node.cast(node.values.dim(node.shape(1)[0] as Dim), "int32");
    const { collected } = countedLoop(
      node.tf,
      count,
      [],
      [[rows, columns, free]],
      (body, index) => {
        const [p, r, i, h, w] = Object.values(around).map((value) => body.capture(value)) as Captured;
        const one = { pixels: p, regions: r, images: i, height: h, width: w };
        return {
          states: [],
          collected: [new Region(node, body.tf, one, index, dtype).pooled(rows, columns)],
        };
      },
      [dtype],
    );
    return node.cast(collected[0] as TfValue, node.dtype(0)); // one collection
  },
};

type Captured = [TfValue, TfValue, TfValue, TfValue, TfValue];

interface Around {
  /** [N * H * W, C] */
  readonly pixels: TfValue;
  /** [regions, 4]: x1, y1, x2, y2. */
  readonly regions: TfValue;
  /** [regions]: which image. */
  readonly images: TfValue;
  readonly height: TfValue;
  readonly width: TfValue;
}

/** The lines of one axis that a region reads: for every bin and point the one before and the one after. */
interface Lines {
  /** [2 * bins * grid] int64 */
  readonly places: TfValue;
  /** [2 * bins * grid] */
  readonly weights: TfValue;
  /** An int32 scalar. */
  readonly grid: TfValue;
}

class Region {
  private readonly node: NodeLowering;
  private readonly tf: TfBuilder;
  private readonly around: Around;
  private readonly dtype: DType;
  private readonly image: TfValue;
  /** [4] in the image's pixels. */
  private readonly corners: TfValue;

  constructor(node: NodeLowering, tf: TfBuilder, around: Around, index: TfValue, dtype: DType) {
    this.node = node;
    this.tf = tf;
    this.around = around;
    this.dtype = dtype;
    const scaled = tf.op("Mul", [
      this.row(around.regions, index),
      this.number(node.float("spatial_scale", 1)),
    ]);
    this.corners = tf.op("Sub", [scaled, this.number(this.halfPixel ? 0.5 : 0)]);
    this.image = this.row(around.images, index);
  }

  /** [rows, columns, C] */
  pooled(rows: number, columns: number): TfValue {
    const { tf, around } = this;
    const [x1, y1, x2, y2] = tf.ops("Unpack", [this.corners], { num: 4, axis: 0 }) as Captured;
    const down = this.lines(y1, y2, rows, around.height);
    const across = this.lines(x1, x2, columns, around.width);
    const first = tf.op("Mul", [this.image, around.height]);
    const starts = tf.op("Mul", [tf.op("AddV2", [down.places, first]), around.width]);
    const places = tf.op("AddV2", [this.expanded(starts, 1), this.expanded(across.places, 0)]);
    const taps = tf.op("GatherV2", [around.pixels, places, this.int32(0)]);
    const weights = tf.op("Mul", [this.expanded(down.weights, 1), this.expanded(across.weights, 0)]);
    const weighted = tf.op("Mul", [taps, this.expanded(weights, 2)]);
    const depth = tf.op("GatherV2", [
      tf.op("Shape", [around.pixels], { out_type: "int32" }),
      this.int32(1),
      this.int32(0),
    ]);
    const shape = [2, rows, down.grid, 2, columns, across.grid, depth];
    const parts = tf.op("Reshape", [
      weighted,
      tf.op("Pack", [shape.map((size) => (typeof size === "number" ? this.int32(size) : size))]),
    ]);
    const axes = tf.constant(tensorOfNumbers("int32", [4], [0, 2, 3, 5]));
    const points = tf.op("Mul", [down.grid, across.grid]);
    if (this.node.string("mode", "avg") === "avg") {
      const count = tf.op("Maximum", [points, this.int32(1)]);
      return tf.op("RealDiv", [tf.op("Sum", [parts, axes]), tf.op("Cast", [count], { DstT: this.dtype })]);
    }
    const largest = tf.op("Max", [parts, axes]);
    const some = tf.op("Greater", [points, this.int32(0)]);
    return tf.op("SelectV2", [some, largest, tf.op("ZerosLike", [largest])]);
  }

  private get halfPixel(): boolean {
    return this.node.string("coordinate_transformation_mode", "half_pixel") === "half_pixel";
  }

  /** The lines along an axis of `size` that the bins of a region from `start` to `end` read. */
  private lines(start: TfValue, end: TfValue, bins: number, size: TfValue): Lines {
    const { tf } = this;
    const length = tf.op("Sub", [end, start]);
    const wide = this.halfPixel ? length : tf.op("Maximum", [length, this.number(1)]);
    const bin = tf.op("RealDiv", [wide, this.number(bins)]);
    const asked = this.node.int("sampling_ratio", 0);
    const rounded = tf.op("Maximum", [tf.op("Ceil", [bin]), this.number(0)]);
    const grid = asked > 0 ? this.number(asked) : rounded;
    const steps = tf.op("Range", [this.number(0), grid, this.number(1)]);
    const shares = tf.op("RealDiv", [tf.op("AddV2", [steps, this.number(0.5)]), grid]);
    const numbers = tf.constant(
      tensorOfNumbers(
        this.dtype,
        [bins, 1],
        Array.from({ length: bins }, (_, i) => i),
      ),
    );
    const offsets = tf.op("Mul", [tf.op("AddV2", [numbers, shares]), bin]);
    const points = tf.op("Reshape", [tf.op("AddV2", [offsets, start]), this.int32s([-1])]);
    return { ...this.between(points, size), grid: tf.op("Cast", [grid], { DstT: "int32" }) };
  }

  /** The lines before and after each point, and how much each counts. */
  private between(points: TfValue, size: TfValue): Omit<Lines, "grid"> {
    const { tf } = this;
    const count = tf.op("Cast", [size], { DstT: this.dtype });
    const last = tf.op("Sub", [count, this.number(1)]);
    const inside = tf.op("LogicalAnd", [
      tf.op("GreaterEqual", [points, this.number(-1)]),
      tf.op("LessEqual", [points, count]),
    ]);
    const bounded = tf.op("Minimum", [tf.op("Maximum", [points, this.number(0)]), last]);
    const before = tf.op("Floor", [bounded]);
    const after = tf.op("Minimum", [tf.op("AddV2", [before, this.number(1)]), last]);
    const share = tf.op("Sub", [bounded, before]);
    const counts = tf.op("Cast", [inside], { DstT: this.dtype });
    const weights = [tf.op("Sub", [this.number(1), share]), share].map((w) => tf.op("Mul", [w, counts]));
    const lines = tf.op("ConcatV2", [[before, after], this.int32(0)]);
    return {
      places: tf.op("Cast", [lines], { DstT: "int64" }),
      weights: tf.op("ConcatV2", [weights, this.int32(0)]),
    };
  }

  private row(of: TfValue, index: TfValue): TfValue {
    return this.tf.op("GatherV2", [of, index, this.int32(0)]);
  }

  private expanded(value: TfValue, axis: number): TfValue {
    return this.tf.op("ExpandDims", [value, this.int32(axis)]);
  }

  private number(value: number): TfValue {
    return this.tf.constant(tensorOfNumbers(this.dtype, [], [value]));
  }

  private int32(value: number): TfValue {
    return this.tf.constant(tensorOfNumbers("int32", [], [value]));
  }

  private int32s(values: readonly number[]): TfValue {
    return this.tf.constant(tensorOfNumbers("int32", [values.length], values));
  }
}
