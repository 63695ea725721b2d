// Two operands brought to one dtype, as PyTorch promotes them and ONNX wants them.
// Not here: which operators use it (rules/).
import type { Value } from "../../graph/graph.ts";
import { type DType, isFloat } from "../../tensor/dtype.ts";
import { numbersOf, tensorOfNumbers } from "../../tensor/numbers.ts";
import type { Call } from "./call.ts";
import { arithmeticDType } from "./kernel-dtype.ts";
import { promote } from "./promote.ts";

/** Dtype in which two operands named self and other meet. */
export function operandDType(call: Call): DType {
  return arithmeticDType(promote([call.operand("self"), call.operand("other")]));
}

/** The operands named self and other, and the dtype in which they meet. */
export function operands(call: Call): [Value, Value, DType] {
  const dtype = operandDType(call);
  return [operand(call, "self", dtype), operand(call, "other", dtype), dtype];
}

/** A number first becomes one of the tensors' own dtype, as in PyTorch: beside uint8, -3 is 253. */
function operand(call: Call, name: string, computed: DType): Value {
  const own = promote([call.operand("self"), call.operand("other")]);
  const argument = call.argument(name);
  if (argument.kind !== "int" || typeof argument.value !== "number" || own === computed)
    return call.as(name, computed);
  const [wrapped = argument.value] = numbersOf(tensorOfNumbers(own, [], [argument.value]));
  return call.number(wrapped, computed);
}

/** One operator on the promoted operands, in the declared dtype. */
export function arithmetic(call: Call, op: string): Value {
  const [a, b, dtype] = operands(call);
  return call.cast(call.op(op, [a, b]), dtype, call.result().dtype);
}

/** The two operands as floats, for operators that give real numbers. */
export function realOperands(call: Call): [Value, Value, DType] {
  const { dtype } = call.result();
  const real = isFloat(dtype) ? dtype : "float32";
  return [call.as("self", real), call.as("other", real), real];
}
