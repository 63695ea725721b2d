// Rows of one axis filled, copied, added or reduced at given indices.
// Method: the axis goes to the front, ScatterND writes there, and the axis goes back.
import { string } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { axesToFront, inversePermutation } from "../indices.ts";
import { movableDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";

export const INDEX_FILL: Rule = {
  targets: ["aten::index_fill.int_Scalar", "aten::index_fill.int_Tensor"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    const axis = call.axis("dim", shape.length);
    if (shape.length === 0) return call.expand(call.as("value", dtype), [], []);
    const count = call.shape("index")[0] ?? 1;
    const rest = axesToFront([axis], shape.length)
      .slice(1)
      .map((at) => shape[at] as Dim);
    const rows = call.expand(call.as("value", dtype), [], [count, ...rest]);
    return writeRows(call, axis, rows, "none");
  },
};

export const INDEX_COPY: Rule = {
  targets: ["aten::index_copy.default"],
  emit: (call) => fromSource(call, "none", call.as("source", call.dtypeOf("self"))),
};

export const INDEX_ADD: Rule = {
  targets: ["aten::index_add.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const source = call.as("source", dtype);
    const alpha = call.scalar("alpha");
    return fromSource(
      call,
      "add",
      alpha.value === 1 ? source : call.op("Mul", [source, call.as("alpha", dtype)]),
    );
  },
};

const REDUCTIONS: Readonly<Record<string, string>> = { prod: "mul", amax: "max", amin: "min" };

export const INDEX_REDUCE: Rule = {
  targets: ["aten::index_reduce.default"],
  emit(call) {
    const reduction = REDUCTIONS[call.string("reduce")];
    if (!reduction || !call.bool("include_self")) {
      throw new Refusal(
        `it reduces by ${call.string("reduce")}${call.bool("include_self") ? "" : " without the tensor itself"}`,
      );
    }
    return fromSource(call, reduction, call.as("source", call.dtypeOf("self")));
  },
};

function fromSource(call: Call, reduction: string, source: Value): Value {
  const rank = call.rank("self");
  if (rank === 0) throw new Refusal("it writes into a tensor without axes");
  const axis = call.axis("dim", rank);
  if (call.rank("source") < rank) throw new Refusal("its source has fewer axes than the tensor");
  return writeRows(call, axis, call.transpose(source, axesToFront([axis], rank)), reduction);
}

/** `rows` is [indices, rest...]. */
function writeRows(call: Call, axis: number, rows: Value, reduction: string): Value {
  const { dtype, shape } = call.type("self");
  const perm = axesToFront([axis], shape.length);
  const index = call.reshape(call.as("index", "int64"), call.shape("index"), [
    call.shape("index")[0] ?? 1,
    1,
  ]);
  const computed = reduction === "none" ? dtype : movableDType(dtype);
  const inputs = [call.transpose(call.as("self", computed), perm), index, call.cast(rows, dtype, computed)];
  const written = call.op("ScatterND", inputs, reduction === "none" ? {} : { reduction: string(reduction) });
  return call.cast(call.transpose(written, inversePermutation(perm)), computed, dtype);
}
