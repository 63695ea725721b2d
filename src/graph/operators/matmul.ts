// Matrix products: MatMul and its integer forms, Gemm. Source: https://onnx.ai/onnx/operators/onnx__MatMul.html
import type { DType } from "../../tensor/dtype.ts";
import { float, int } from "../attribute.ts";
import type { Dim } from "../dim.ts";
import type { InferContext, OperatorDefinition } from "./definition.ts";
import { broadcastShapes, declaredDtype, result, sameSize, shapeOfRank } from "./shapes.ts";

/** NumPy's matmul: vectors are promoted, leading axes broadcast. */
export function matmulShape(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  sameSize(left.at(-1) ?? 1, right.at(-2) ?? 1, "the inner sizes");
  const batch = broadcastShapes([left.slice(0, -2), right.slice(0, -2)]);
  const rows = a.length === 1 ? [] : [left.at(-2) ?? 1];
  const columns = b.length === 1 ? [] : [right.at(-1) ?? 1];
  return [...batch, ...rows, ...columns];
}

function product(
  op: string,
  since: number,
  right: number,
  dtype: (context: InferContext) => DType | undefined,
) {
  const definition: OperatorDefinition = {
    op,
    since,
    infer: (context) => {
      const to = dtype(context);
      const a = shapeOfRank(context, 0, 1);
      const b = shapeOfRank(context, right, 1);
      return [to && result(to, a && b && matmulShape(a, b))];
    },
  };
  return definition;
}

export const MATMUL = product("MatMul", 13, 1, (context) => (context.type(0) ?? context.type(1))?.dtype);
export const MATMUL_INTEGER = product("MatMulInteger", 10, 1, () => "int32");
const OTHER_SCALES_SINCE = 21;
/** Inputs: a, its scale and zero point, b, its scale and zero point, the result's scale and zero point. */
export const QLINEAR_MATMUL: OperatorDefinition = {
  ...product("QLinearMatMul", 10, 3, (context) => context.type(7)?.dtype),
  sinceFor: (node) => (declaredDtype(node, 1) === "float32" ? 10 : OTHER_SCALES_SINCE),
};

export const GEMM: OperatorDefinition = {
  op: "Gemm",
  since: 13,
  attributes: { alpha: float(1), beta: float(1), transA: int(0), transB: int(0) },
  infer: (context) => {
    const dtype = (context.type(0) ?? context.type(1))?.dtype;
    const a = shapeOfRank(context, 0, 2);
    const b = shapeOfRank(context, 1, 2);
    if (!dtype || !a || !b) return [dtype && result(dtype, undefined)];
    const [rows = 1, inner = 1] = context.int("transA") === 1 ? [a[1], a[0]] : a;
    const [depth = 1, columns = 1] = context.int("transB") === 1 ? [b[1], b[0]] : b;
    sameSize(inner, depth, "the inner sizes");
    return [result(dtype, [rows, columns])];
  },
};
