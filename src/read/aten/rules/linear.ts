// y = x W^T + b.
// A rank-2 input takes the weight as it is (Gemm, transB); a higher one takes it transposed, so that MatMul's broadcasting
// needs no node for it at run time.
import { int } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import { transposed } from "../../../tensor/transpose.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const LINEAR: Rule = {
  targets: ["aten::linear.default"],
  emit(call) {
    const bias = call.optional("bias");
    if (call.rank("weight") === 1)
      return add(call, call.op("MatMul", [call.tensor("input"), call.tensor("weight")]), bias);
    if (call.rank("input") !== 2 || (bias && call.rank("bias") > 1)) {
      return add(call, call.op("MatMul", [call.tensor("input"), transposedWeight(call)]), bias);
    }
    return call.op("Gemm", [call.tensor("input"), call.tensor("weight"), ...(bias ? [bias] : [])], {
      transB: int(1),
    });
  },
};

function add(call: Call, product: Value, bias: Value | undefined): Value {
  return bias ? call.op("Add", [product, bias]) : product;
}

function transposedWeight(call: Call): Value {
  const weight = call.tensor("weight");
  const { initializer } = weight;
  if (!initializer) return call.transpose(weight, [1, 0]);
  const name = `${weight.name}.T`;
  return call.once(`transposed ${weight.name}`, () =>
    call.builder.constant(transposed(initializer, [1, 0]), name),
  );
}
