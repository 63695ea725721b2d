// Channels to space and back, and channels among each other. All leading axes are batch.
import { int, string } from "../../../graph/attribute.ts";
import { type Dim, divideExactly, productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { Refusal } from "../argument.ts";
import type { Rule } from "../rule.ts";

export const PIXEL_SHUFFLE: Rule = {
  targets: ["aten::pixel_shuffle.default"],
  emit(call) {
    const shape = call.shape("self");
    const image = call.reshape(call.tensor("self"), shape, asImage(shape));
    const blocksize = int(call.int("upscale_factor"));
    const result = call.op("DepthToSpace", [image], { blocksize, mode: string("CRD") });
    return call.reshape(result, asImage(call.result().shape), call.result().shape);
  },
};

export const PIXEL_UNSHUFFLE: Rule = {
  targets: ["aten::pixel_unshuffle.default"],
  emit(call) {
    const shape = call.shape("self");
    const factor = call.int("downscale_factor");
    const [batch, channels, height, width] = asImage(shape);
    const [rows, columns] = [exact(height, factor), exact(width, factor)];
    const apart = [batch, channels, rows, factor, columns, factor];
    const turned = call.transpose(call.reshape(call.tensor("self"), shape, apart), [0, 1, 3, 5, 2, 4]);
    return call.reshape(turned, [batch, channels, factor, factor, rows, columns], call.result().shape);
  },
};

export const CHANNEL_SHUFFLE: Rule = {
  targets: ["aten::channel_shuffle.default", "aten::native_channel_shuffle.default"],
  emit(call) {
    const shape = call.shape("self");
    const groups = call.int("groups");
    const [batch, channels, ...spatial] = shape as [Dim, Dim, ...Dim[]];
    const each = exact(channels, groups);
    const rest = [...spatial.keys()].map((axis) => axis + 3);
    const apart: Value = call.reshape(call.tensor("self"), shape, [batch, groups, each, ...spatial]);
    return call.reshape(call.transpose(apart, [0, 2, 1, ...rest]), [batch, each, groups, ...spatial], shape);
  },
};

function asImage(shape: readonly Dim[]): [Dim, Dim, Dim, Dim] {
  const [channels, height, width] = shape.slice(-3) as [Dim, Dim, Dim];
  return [productOf(shape.slice(0, -3)), channels, height, width];
}

function exact(size: Dim, divisor: number): Dim {
  const quotient = divideExactly(size, divisor);
  if (quotient === undefined) throw new Refusal(`${divisor} does not divide ${size}`);
  return quotient;
}
