// Sliding windows of a tensor as axes of their own, and images put together from them.
import { int, ints } from "../../../graph/attribute.ts";
import { addDims, type Dim, floorDivDims, mulDims, subDims } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

/** Windows of `size` elements every `step` along an axis; the window is the last axis of the result. */
export const UNFOLD: Rule = {
  targets: ["aten::unfold.default", "aten::unfold_copy.default"],
  emit(call) {
    const shape = call.shape("self");
    const size = call.int("size");
    if (shape.length === 0) return call.op("Reshape", [call.tensor("self"), call.builder.int64s([size])]);
    const axis = call.axis("dimension", shape.length);
    const count = call.result().shape[axis] as Dim;
    const windows = call.op("Gather", [call.tensor("self"), grid(call, count, call.int("step"), size, 1)], {
      axis: int(axis),
    });
    const rest = [...new Array<number>(shape.length + 1).keys()].filter((at) => at !== axis + 1);
    return call.transpose(windows, [...rest, axis + 1]);
  },
};

/** Blocks of an image as columns: [N, C, H, W] -> [N, C * kh * kw, blocks]. */
export const IMAGE_TO_COLUMNS: Rule = {
  targets: ["aten::im2col.default"],
  emit(call) {
    const shape = call.shape("self");
    const unbatched = shape.length === 3;
    const [batch, channels, height, width] = (unbatched ? [1, ...shape] : shape) as [Dim, Dim, Dim, Dim];
    const [kernel, dilation] = [call.spread("kernel_size", 2), call.spread("dilation", 2)];
    const [padding, stride] = [call.spread("padding", 2), call.spread("stride", 2)];
    let x = unbatched ? call.unsqueeze(call.tensor("self"), 0) : call.tensor("self");
    if (padding.some((amount) => amount > 0))
      x = call.op("Pad", [x, call.builder.int64s([0, 0, ...padding, 0, 0, ...padding])]);
    const counts = [height, width].map((size, axis) =>
      blocks(size, kernel[axis] ?? 1, dilation[axis] ?? 1, padding[axis] ?? 0, stride[axis] ?? 1),
    );
    const [rows, columns] = counts as [Dim, Dim];
    const [kh, kw] = kernel as [number, number];
    x = call.op("Gather", [x, grid(call, kh, dilation[0] ?? 1, rows, stride[0] ?? 1)], { axis: int(2) });
    x = call.op("Gather", [x, grid(call, kw, dilation[1] ?? 1, columns, stride[1] ?? 1)], { axis: int(4) });
    const beside = call.transpose(x, [0, 1, 2, 4, 3, 5]);
    return call.reshape(
      beside,
      [batch, channels, kh, kw, rows, columns],
      unbatched ? call.result().shape : [batch, mulDims(channels, kh * kw), mulDims(rows, columns)],
    );
  },
};

/** Overlapping blocks are added up. */
export const COLUMNS_TO_IMAGE: Rule = {
  targets: ["aten::col2im.default"],
  emit(call) {
    const unbatched = call.rank("self") === 2;
    const input = unbatched ? call.unsqueeze(call.tensor("self"), 0) : call.tensor("self");
    const padding = call.spread("padding", 2);
    const image = call.op(
      "Col2Im",
      [input, call.vector(call.dims("output_size")), call.builder.int64s(call.spread("kernel_size", 2))],
      {
        dilations: ints(call.spread("dilation", 2)),
        pads: ints([...padding, ...padding]),
        strides: ints(call.spread("stride", 2)),
      },
    );
    return unbatched ? call.squeeze(image, 0) : image;
  },
};

function blocks(size: Dim, kernel: number, dilation: number, padding: number, stride: number): Dim {
  const room = subDims(addDims(size, 2 * padding), dilation * (kernel - 1) + 1);
  return addDims(floorDivDims(room, stride), 1);
}

/** int64 [rows, columns]: row * rowStep + column * columnStep. */
function grid(call: Call, rows: Dim, rowStep: number, columns: Dim, columnStep: number): Value {
  if (typeof rows === "number" && typeof columns === "number") {
    const places = Array.from(
      { length: rows * columns },
      (_, at) => Math.floor(at / columns) * rowStep + (at % columns) * columnStep,
    );
    return call.table("int64", [rows, columns], places);
  }
  const steps = (count: Dim, step: number) => {
    const range = call.op("Range", [
      call.builder.int64(0),
      call.dimEmitter.scalar(count),
      call.builder.int64(1),
    ]);
    return step === 1 ? range : call.op("Mul", [range, call.number(step, "int64")]);
  };
  return call.op("Add", [
    call.unsqueeze(steps(rows, rowStep), 1),
    call.unsqueeze(steps(columns, columnStep), 0),
  ]);
}
