// Quantisation. Source: https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html
import { ONNX_DTYPES } from "../../tensor/onnx-dtypes.ts";
import { int } from "../attribute.ts";
import type { Node } from "../graph.ts";
import type { OperatorDefinition } from "./definition.ts";
import { result } from "./shapes.ts";

/** Blocks, and types other than 8 bits, came with opset 21. */
const BLOCKS_SINCE = 21;
const sinceFor = (node: Node) =>
  node.attributes.has("block_size") || node.attributes.has("output_dtype") ? BLOCKS_SINCE : 13;

export const QUANTIZE_LINEAR: OperatorDefinition = {
  op: "QuantizeLinear",
  since: 13,
  sinceFor,
  attributes: { axis: int(1), block_size: int(0), output_dtype: int(0), precision: int(0), saturate: int(1) },
  infer: (context) => {
    const dtype = context.type(2)?.dtype ?? ONNX_DTYPES.get(context.int("output_dtype")) ?? "uint8";
    return [result(dtype, context.shape(0))];
  },
};

export const DEQUANTIZE_LINEAR: OperatorDefinition = {
  op: "DequantizeLinear",
  since: 13,
  sinceFor,
  attributes: { axis: int(1), block_size: int(0), output_dtype: int(0) },
  infer: (context) => {
    const dtype = ONNX_DTYPES.get(context.int("output_dtype")) ?? context.type(1)?.dtype;
    return [dtype && result(dtype, context.shape(0))];
  },
};

export const DYNAMIC_QUANTIZE_LINEAR: OperatorDefinition = {
  op: "DynamicQuantizeLinear",
  since: 11,
  infer: (context) => [result("uint8", context.shape(0)), result("float32", []), result("uint8", [])],
};
