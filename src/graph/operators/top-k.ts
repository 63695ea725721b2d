// TopK, Unique, Compress, NonZero and OneHot: results whose sizes come from contents or from inputs.
// Source: https://onnx.ai/onnx/operators/onnx__TopK.html
import { int } from "../attribute.ts";
import type { OperatorDefinition } from "./definition.ts";
import { axisOf, result, shapeOfRank } from "./shapes.ts";

export const TOP_K: OperatorDefinition = {
  op: "TopK",
  since: 11,
  attributes: { axis: int(-1), largest: int(1), sorted: int(1) },
  infer: (context) => {
    const type = context.type(0);
    const data = shapeOfRank(context, 0, 1);
    if (!type || !data) return [type && result(type.dtype, undefined), result("int64", undefined)];
    const axis = axisOf(context.int("axis"), data.length);
    const count = context.contents(1)?.[0] ?? context.unknownDim();
    const shape = data.map((dim, at) => (at === axis ? count : dim));
    return [result(type.dtype, shape), result("int64", shape)];
  },
};

export const UNIQUE: OperatorDefinition = {
  op: "Unique",
  since: 11,
  attributes: { axis: "int", sorted: int(1) },
  infer: (context) => {
    const type = context.type(0);
    const count = context.unknownDim();
    const indices = result("int64", [count]);
    const whole = result("int64", [context.unknownDim()]);
    if (!type) return [undefined, indices, whole, indices];
    if (!context.node.attributes.has("axis")) return [result(type.dtype, [count]), indices, whole, indices];
    const axis = type.shape && axisOf(context.int("axis"), type.shape.length);
    const shape = type.shape?.map((dim, at) => (at === axis ? count : dim));
    const inverse =
      axis === undefined ? whole : result("int64", [type.shape?.[axis] ?? context.unknownDim()]);
    return [result(type.dtype, shape), indices, inverse, indices];
  },
};

/** The slices of an axis (or of all elements) that a condition keeps. */
export const COMPRESS: OperatorDefinition = {
  op: "Compress",
  since: 11,
  attributes: { axis: "int" },
  infer: (context) => {
    const type = context.type(0);
    if (!type) return [undefined];
    const count = context.unknownDim();
    if (!context.node.attributes.has("axis")) return [result(type.dtype, [count])];
    const axis = type.shape && axisOf(context.int("axis"), type.shape.length);
    return [
      result(
        type.dtype,
        type.shape?.map((dim, at) => (at === axis ? count : dim)),
      ),
    ];
  },
};

export const NON_ZERO: OperatorDefinition = {
  op: "NonZero",
  since: 13,
  infer: (context) => {
    const rank = context.shape(0)?.length ?? context.unknownDim();
    return [result("int64", [rank, context.unknownDim()])];
  },
};

export const ONE_HOT: OperatorDefinition = {
  op: "OneHot",
  since: 11,
  attributes: { axis: int(-1) },
  infer: (context) => {
    const values = context.type(2);
    const indices = context.shape(0);
    if (!values || !indices) return [values && result(values.dtype, undefined)];
    const axis = axisOf(context.int("axis"), indices.length + 1);
    const depth = context.contents(1)?.[0] ?? context.unknownDim();
    return [result(values.dtype, [...indices.slice(0, axis), depth, ...indices.slice(axis)])];
  },
};
