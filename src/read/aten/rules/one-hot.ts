// Class numbers as rows with a single one.
import { int } from "../../../graph/attribute.ts";
import type { Rule } from "../rule.ts";

export const ONE_HOT: Rule = {
  targets: ["aten::one_hot.default"],
  limits: "num_classes is given",
  refuse: (call) =>
    call.int("num_classes") < 0
      ? "the number of classes would come from the data; pass num_classes"
      : undefined,
  emit(call) {
    const values = call.builder.int64s([0, 1]);
    return call.op(
      "OneHot",
      [call.as("self", "int64"), call.builder.int64(call.int("num_classes")), values],
      { axis: int(-1) },
    );
  },
};
