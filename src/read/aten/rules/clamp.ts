// Elements kept between bounds: relu, relu6, hardtanh, clamp. An absent bound is none.
import type { Value } from "../../../graph/graph.ts";
import { type DType, isFloat } from "../../../tensor/dtype.ts";
import type { Call } from "../call.ts";
import { arithmeticDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";

export const RELU: Rule = {
  targets: ["aten::relu.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const computed = arithmeticDType(dtype);
    const x = call.as("self", computed);
    const result = isFloat(computed) ? call.op("Relu", [x]) : call.op("Max", [x, call.number(0, computed)]);
    return call.cast(result, computed, dtype);
  },
};

export const RELU6: Rule = {
  targets: ["aten::relu6.default", "aten::hardtanh.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const [low, high] = call.name === "relu6" ? [0, 6] : [call.float("min_val"), call.float("max_val")];
    return call.op("Clip", [call.tensor("self"), call.number(low, dtype), call.number(high, dtype)]);
  },
};

export const CLAMP: Rule = {
  targets: [
    "aten::clamp.default",
    "aten::clip.default",
    "aten::clamp_min.default",
    "aten::clamp_max.default",
  ],
  emit(call) {
    const { dtype } = call.result();
    const computed = arithmeticDType(dtype);
    const x = call.as("self", computed);
    // For a bound that it does not have, Clip of ONNX Runtime takes the largest finite number.
    const clamped =
      call.has("min") && call.has("max")
        ? call.op("Clip", [x, call.as("min", computed), call.as("max", computed)])
        : bounded(call, bounded(call, x, "min", "Max", computed), "max", "Min", computed);
    return call.cast(clamped, computed, dtype);
  },
};

/** Bounds that are tensors broadcast, which Clip does not. */
export const CLAMP_TENSOR: Rule = {
  targets: ["aten::clamp.Tensor", "aten::clip.Tensor", "aten::clamp_min.Tensor", "aten::clamp_max.Tensor"],
  emit(call) {
    const { dtype } = call.result();
    const computed = arithmeticDType(dtype);
    const value = bounded(call, call.as("self", computed), "min", "Max", computed);
    return call.cast(bounded(call, value, "max", "Min", computed), computed, dtype);
  },
};

function bounded(call: Call, value: Value, name: string, op: string, dtype: DType): Value {
  return call.has(name) ? call.op(op, [value, call.as(name, dtype)]) : value;
}
