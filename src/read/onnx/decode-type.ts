// TypeProto to ValueType: names of free dimensions become symbols, expressions over them dimensions.
// Specification: https://onnx.ai/onnx/repo-docs/IR.html#static-tensor-shapes
// Exporters also write a dimension as text such as `2*s0` or `s0//2 + 1`; a name with other signs in it is only a name.
import type { TensorShapeProto_Dimension, TypeProto } from "../../bytes/protobuf/generated/onnx_pb.ts";
import { type Dim, symbol } from "../../graph/dim.ts";
import { tensorType, type ValueType } from "../../graph/type.ts";
import { ONNX_DTYPES } from "../../tensor/onnx-dtypes.ts";
import { evaluateExpression } from "../dimensions/evaluate-expression.ts";
import { parseExpression } from "../dimensions/expression-text.ts";

/** Sequences of sequences of optionals; real types nest two deep. */
const MAX_TYPE_DEPTH = 16;

const PLAIN_NAME = /^[A-Za-z_][\w.-]*$/;

/** The type; undefined where nothing is known or the IR has no such type (maps, sparse tensors). */
export function decodeType(type: TypeProto | undefined, valueName: string, depth = 0): ValueType | undefined {
  if (!type || depth > MAX_TYPE_DEPTH) return undefined;
  const { value } = type;
  if (value.case === "tensorType") {
    const dtype = ONNX_DTYPES.get(value.value.elemType);
    const shape = value.value.shape?.dim.map((dim, axis) => decodeDim(dim, valueName, axis));
    return dtype && tensorType(dtype, shape);
  }
  if (value.case !== "sequenceType" && value.case !== "optionalType") return undefined;
  const element = decodeType(value.value.elemType, valueName, depth + 1);
  return element && { kind: value.case === "sequenceType" ? "sequence" : "optional", element };
}

function decodeDim(dim: TensorShapeProto_Dimension, valueName: string, axis: number): Dim {
  const { value } = dim;
  if (value.case === "dimValue" && value.value >= 0n) return Number(value.value);
  if (value.case === "dimParam" && value.value !== "") return dimOfText(value.value);
  return symbol(`${valueName}_dim_${axis}`); // free and without a name
}

function dimOfText(text: string): Dim {
  if (PLAIN_NAME.test(text)) return symbol(text);
  const expression = parseExpression(text);
  return (expression && evaluateExpression(expression)) ?? symbol(text);
}
