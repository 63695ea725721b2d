// Rows of a table by index. What concerns training (padding_idx, sparse, scale_grad_by_freq) means nothing here.
import { int } from "../../../graph/attribute.ts";
import { productOf } from "../../../graph/dim.ts";
import type { Rule } from "../rule.ts";
import { vectorNorm } from "../vector-norm.ts";

/** The rows that an index names, shortened to a largest length. A row that is named twice is written twice alike. */
export const EMBEDDING_RENORM: Rule = {
  targets: ["aten::embedding_renorm.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const count = productOf(call.shape("indices"));
    const index = call.reshape(call.as("indices", "int64"), call.shape("indices"), [count]);
    const rows = call.op("Gather", [call.tensor("self"), index], { axis: int(0) });
    const norm = vectorNorm(call, rows, dtype, call.float("norm_type"), [1], true);
    const limit = call.number(call.float("max_norm"), dtype);
    const factor = call.op("Div", [limit, call.op("Add", [norm, call.number(1e-7, dtype)])]);
    const kept = call.op("Where", [call.op("Greater", [norm, limit]), factor, call.number(1, dtype)]);
    const shortened = call.op("Mul", [rows, kept]);
    return call.op("ScatterND", [call.tensor("self"), call.unsqueeze(index, 1), shortened]);
  },
};

export const EMBEDDING: Rule = {
  targets: ["aten::embedding.default"],
  emit: (call) => call.op("Gather", [call.tensor("weight"), call.tensor("indices")], { axis: int(0) }),
};
