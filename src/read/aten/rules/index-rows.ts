// Rows of one axis filled, copied, added or reduced at given indices.
// Method: the axis goes to the front, ScatterND writes there, and the axis goes back.
import { int, string } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { isFloat } from "../../../tensor/dtype.ts";
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

/** ONNX's name and the element that changes nothing. */
const REDUCTIONS: Readonly<Record<string, readonly [string, number]>> = {
  prod: ["mul", 1],
  mean: ["add", 0],
  amax: ["max", Number.NEGATIVE_INFINITY],
  amin: ["min", Number.POSITIVE_INFINITY],
};

export const INDEX_REDUCE: Rule = {
  targets: ["aten::index_reduce.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const reduce = call.string("reduce");
    const [reduction, neutral] = REDUCTIONS[reduce] ?? ["", 0];
    const kept = call.bool("include_self");
    if (reduction === "" || (!isFloat(dtype) && (reduce === "mean" || !kept)))
      throw new Refusal(`it reduces ${dtype} by ${reduce}${kept ? "" : " without the tensor itself"}`);
    const source = call.as("source", dtype);
    const fill = (value: number) => call.expand(call.number(value, dtype), [], call.shape("source"));
    const base = kept ? undefined : fromSource(call, "none", fill(neutral));
    const result = fromSource(call, reduction, source, base);
    if (reduce !== "mean") return result;
    const start = call.expand(call.number(kept ? 1 : 0, dtype), [], call.shape("self"));
    const counts = fromSource(call, "add", fill(1), start);
    return call.op("Div", [result, call.op("Max", [counts, call.number(1, dtype)])]);
  },
};

/** A tensor without axes counts as a vector of one element. `base` stands in for the tensor itself. */
function fromSource(call: Call, reduction: string, source: Value, base?: Value): Value {
  const rank = call.rank("self");
  if (rank === 0) return onScalar(call, reduction, source, base);
  const axis = call.axis("dim", rank);
  if (call.rank("source") < rank) throw new Refusal("its source has fewer axes than the tensor");
  return writeRows(call, axis, call.transpose(source, axesToFront([axis], rank)), reduction, base);
}

function onScalar(call: Call, reduction: string, source: Value, base?: Value): Value {
  const { dtype } = call.type("self");
  const computed = reduction === "none" ? dtype : movableDType(dtype);
  const flat = (value: Value, name: string) => call.reshape(value, call.shape(name), [1]);
  const inputs = [
    call.unsqueeze(base ?? call.as("self", computed), 0),
    flat(call.as("index", "int64"), "index"),
    flat(call.cast(source, dtype, computed), "source"),
  ];
  const attributes = { axis: int(0), reduction: string(reduction) };
  return call.cast(call.squeeze(call.op("ScatterElements", inputs, attributes), 0), computed, dtype);
}

/** `rows` is [indices, rest...]. */
function writeRows(call: Call, axis: number, rows: Value, reduction: string, base?: Value): Value {
  const { dtype, shape } = call.type("self");
  const perm = axesToFront([axis], shape.length);
  const index = call.reshape(call.as("index", "int64"), call.shape("index"), [
    call.shape("index")[0] ?? 1,
    1,
  ]);
  const computed = reduction === "none" ? dtype : movableDType(dtype);
  const inputs = [
    call.transpose(base ?? call.as("self", computed), perm),
    index,
    call.cast(rows, dtype, computed),
  ];
  const written = call.op("ScatterND", inputs, reduction === "none" ? {} : { reduction: string(reduction) });
  return call.cast(call.transpose(written, inversePermutation(perm)), computed, dtype);
}
