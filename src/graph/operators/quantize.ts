// Quantisation. Source: https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html
import type { DType } from "../../tensor/dtype.ts";
import { ONNX_DTYPES } from "../../tensor/onnx-dtypes.ts";
import { int } from "../attribute.ts";
import type { Node, Value } from "../graph.ts";
import type { OperatorDefinition } from "./definition.ts";
import { result } from "./shapes.ts";

/** Opset 13 has 8 bits (and int32 to dequantise) with float32; 19 brought float8 and other floats, 21 16 bits, 4, and blocks. */
const sinceFor = (node: Node): number => {
  if (node.attributes.has("block_size") || node.attributes.has("output_dtype")) return 21;
  const dtypes = [...node.inputs, ...node.outputs].map((value) => value && dtypeOf(value));
  return Math.max(
    13,
    ...dtypes.map((dtype) => SINCE.find(([names]) => dtype && names.test(dtype))?.[1] ?? 13),
  );
};

const SINCE: readonly (readonly [RegExp, number])[] = [
  [/^(float8|float16|bfloat16)/, 19],
  [/^u?int(2|4|16)$/, 21],
];

function dtypeOf({ initializer, type }: Value): DType | undefined {
  return initializer?.dtype ?? (type?.kind === "tensor" ? type.dtype : undefined);
}

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
