// Two operands brought to one dtype, as PyTorch promotes them and ONNX wants them.
// Not here: which operators use it (rules/).
import type { Value } from "../../graph/graph.ts";
import { type DType, isFloat } from "../../tensor/dtype.ts";
import type { Call } from "./call.ts";
import { arithmeticDType } from "./kernel-dtype.ts";
import { promote } from "./promote.ts";

/** Dtype in which two operands named self and other meet. */
export function operandDType(call: Call): DType {
  return arithmeticDType(promote([call.operand("self"), call.operand("other")]));
}

/** One operator on the promoted operands, in the declared dtype. */
export function arithmetic(call: Call, op: string): Value {
  const dtype = operandDType(call);
  const result = call.op(op, [call.as("self", dtype), call.as("other", dtype)]);
  return call.cast(result, dtype, call.result().dtype);
}

/** The two operands as floats, for operators that give real numbers. */
export function realOperands(call: Call): [Value, Value, DType] {
  const { dtype } = call.result();
  const real = isFloat(dtype) ? dtype : "float32";
  return [call.as("self", real), call.as("other", real), real];
}
