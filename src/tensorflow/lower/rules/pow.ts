// Pow: the result has the base's dtype, the exponent may have another. Source: https://onnx.ai/onnx/operators/onnx__Pow.html
import { isFloat, isInteger } from "../../../tensor/dtype.ts";
import { ELEMENTWISE, type LoweringRule } from "../rule.ts";
import { widened } from "../widened.ts";

export const pow: LoweringRule = {
  op: "Pow",
  since: 15,
  layout: ELEMENTWISE,
  emit(node) {
    const dtype = node.dtype(0);
    const exponent = node.rank(1) === 0 ? node.numbers(1)?.[0] : undefined;
    const base = node.operand(0);
    if (exponent === 2) return widened(node, "Mul", [base, base]);
    if (exponent === 0.5 && isFloat(dtype)) return widened(node, "Sqrt", [base]);
    const whole = isInteger(dtype) && (exponent === undefined || exponent < 0 || !Number.isInteger(exponent));
    // TensorFlow refuses negative powers of integers, and a fraction as exponent needs floats: both via float64.
    if (whole) {
      const power = node.op("Pow", [node.cast(base, "float64"), node.cast(node.operand(1), "float64")]);
      return node.cast(power, dtype);
    }
    return widened(node, "Pow", [base, node.cast(node.operand(1), dtype)]);
  },
};
