// Broadcasting without arithmetic: the declared shape of the result says all.
import type { Rule } from "../rule.ts";

export const EXPAND: Rule = {
  targets: ["expand", "expand_as", "expand_copy", "broadcast_to"].map((name) => `aten::${name}.default`),
  complex: true,
  emit: (call) => call.expand(call.tensor("self"), call.realShapeOf("self"), call.realResult()),
};

export const BROADCAST_TENSORS: Rule = {
  targets: ["aten::broadcast_tensors.default"],
  emit(call) {
    const types = call.typesOf("tensors");
    return call
      .tensors("tensors")
      .map((value, index) => call.expand(value, types[index]?.shape ?? [], call.result(index).shape));
  },
};
