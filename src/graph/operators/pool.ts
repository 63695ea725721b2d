// Pooling over windows and over everything. Source: https://onnx.ai/onnx/operators/onnx__MaxPool.html
import { int, string } from "../attribute.ts";
import type { Dim } from "../dim.ts";
import type { Node } from "../graph.ts";
import { type AttributeSpec, IllTyped, type InferContext, type OperatorDefinition } from "./definition.ts";
import { result, shapeOfRank, unknownSizes } from "./shapes.ts";
import { slidSize, unslidSize, windowsOf } from "./windows.ts";

const WINDOW: Readonly<Record<string, AttributeSpec>> = {
  auto_pad: string("NOTSET"),
  ceil_mode: int(0),
  dilations: "ints",
  kernel_shape: "ints",
  pads: "ints",
  strides: "ints",
};

function pooling(
  op: string,
  since: number,
  attributes: Readonly<Record<string, AttributeSpec>>,
  sinceFor?: (node: Node) => number,
): OperatorDefinition {
  return {
    op,
    since,
    ...(sinceFor && { sinceFor }),
    attributes: { ...WINDOW, ...attributes },
    infer: (context) => {
      const type = context.type(0);
      const shape = pooledShape(context);
      return [type && result(type.dtype, shape), result("int64", shape)];
    },
  };
}

function pooledShape(context: InferContext): Dim[] | undefined {
  const data = shapeOfRank(context, 0, 3);
  const kernel = kernelOf(context);
  if (!data) return undefined;
  if (kernel.length !== data.length - 2) {
    throw new IllTyped(`a kernel of ${kernel.length} sizes for data of ${data.length} dimensions`);
  }
  const autoPad = context.string("auto_pad");
  const ceilMode = context.int("ceil_mode") === 1;
  const spatial = windowsOf(context, kernel).map((window, axis) =>
    slidSize(data[axis + 2] ?? 1, window, autoPad, ceilMode),
  );
  return [...data.slice(0, 2), ...spatial];
}

function kernelOf(context: InferContext): readonly number[] {
  const kernel = context.ints("kernel_shape");
  if (!kernel) throw new IllTyped("kernel_shape is missing");
  return kernel;
}

const AVERAGE_DILATIONS_SINCE = 19;

/** Pooling over all spatial axes: each becomes 1. */
function globalPooling(
  op: string,
  attributes: Readonly<Record<string, AttributeSpec>> = {},
): OperatorDefinition {
  return {
    op,
    since: 1,
    attributes,
    infer: (context) => {
      const type = context.type(0);
      return [
        type &&
          result(
            type.dtype,
            shapeOfRank(context, 0, 2)?.map((dim, axis) => (axis < 2 ? dim : 1)),
          ),
      ];
    },
  };
}

const MAX_UNPOOL: OperatorDefinition = {
  op: "MaxUnpool",
  since: 11,
  attributes: { kernel_shape: "ints", pads: "ints", strides: "ints" },
  infer: (context) => {
    const type = context.type(0);
    const data = shapeOfRank(context, 0, 3);
    if (!type || !data) return [type && result(type.dtype, undefined)];
    if (context.node.inputs[2]) {
      return [result(type.dtype, context.contents(2) ?? unknownSizes(context, data.length))];
    }
    const windows = windowsOf(context, kernelOf(context));
    const spatial = windows.map((window, axis) => unslidSize(data[axis + 2] ?? 1, window, "NOTSET", 0));
    return [result(type.dtype, [...data.slice(0, 2), ...spatial])];
  },
};

export const POOLINGS: readonly OperatorDefinition[] = [
  pooling("AveragePool", 11, { count_include_pad: int(0) }, (node) =>
    node.attributes.has("dilations") ? AVERAGE_DILATIONS_SINCE : 11,
  ),
  pooling("LpPool", 18, { p: int(2) }),
  pooling("MaxPool", 12, { storage_order: int(0) }),
  globalPooling("GlobalAveragePool"),
  globalPooling("GlobalLpPool", { p: int(2) }),
  globalPooling("GlobalMaxPool"),
  MAX_UNPOOL,
];
