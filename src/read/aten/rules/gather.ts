// Elements by index along one axis, and elements put, added or reduced there.
// The index may be smaller than the tensor in the other axes; ONNX's element operators allow that only where the sizes
// agree, so the tensor is cut first.
import { int, string } from "../../../graph/attribute.ts";
import { type Dim, productOf, sameDim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { movableDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";

export const GATHER: Rule = {
  targets: ["aten::gather.default"],
  emit(call) {
    const shape = call.shape("self");
    const index = call.as("index", "int64");
    if (call.shape("index").includes(0))
      return call.expand(call.number(0, call.dtypeOf("self")), [], call.result().shape);
    if (shape.length === 0 || call.rank("index") === 0) return scalarGather(call, index);
    const axis = call.axis("dim", shape.length);
    return call.op("GatherElements", [cutTo(call, call.tensor("self"), axis), index], { axis: int(axis) });
  },
};

function scalarGather(call: Call, index: Value): Value {
  const flat = call.reshape(call.tensor("self"), call.shape("self"), [productOf(call.shape("self"))]);
  return call.op("Gather", [flat, index], { axis: int(0) });
}

function cutTo(call: Call, self: Value, axis: number): Value {
  const [shape, index] = [call.shape("self"), call.shape("index")];
  return shape.reduce<Value>(
    (value, size, at) =>
      at === axis || sameDim(size, index[at] as Dim) ? value : call.slice(value, at, 0, index[at] as Dim),
    self,
  );
}

/** Indices broadcast against the tensor apart from the axis; without an axis both are flat. */
export const TAKE_ALONG: Rule = {
  targets: ["aten::take_along_dim.default"],
  emit(call) {
    const shape = call.shape("self");
    if (!call.has("dim"))
      return scalarGather(
        call,
        call.reshape(call.as("indices", "int64"), call.shape("indices"), call.result().shape),
      );
    const axis = call.axis("dim", shape.length);
    const result = call.result().shape;
    const wide = result.map((size, at) => (at === axis ? (shape[at] as Dim) : size));
    const index = call.expand(call.as("indices", "int64"), call.shape("indices"), result);
    return call.op("GatherElements", [call.expand(call.tensor("self"), shape, wide), index], {
      axis: int(axis),
    });
  },
};

export const TAKE: Rule = {
  targets: ["aten::take.default"],
  emit: (call) => scalarGather(call, call.as("index", "int64")),
};

export const INDEX_SELECT: Rule = {
  targets: ["aten::index_select.default"],
  emit(call) {
    const shape = call.shape("self");
    const axis = call.axis("dim", shape.length);
    if (shape.length === 0) return call.tensor("self");
    const index = call.rank("index") === 0 ? call.unsqueeze(call.tensor("index"), 0) : call.tensor("index");
    return call.op("Gather", [call.tensor("self"), index], { axis: int(axis) });
  },
};

const REDUCTIONS: Readonly<Record<string, string>> = {
  add: "add",
  multiply: "mul",
  sum: "add",
  prod: "mul",
  amax: "max",
  amin: "min",
};

export const SCATTER: Rule = {
  targets: ["src", "value", "reduce", "value_reduce"].map((overload) => `aten::scatter.${overload}`),
  emit: (call) => scatter(call, call.has("reduce") ? reductionOf(call.string("reduce")) : "none"),
};

export const SCATTER_ADD: Rule = {
  targets: ["aten::scatter_add.default"],
  emit: (call) => scatter(call, "add"),
};

function reductionOf(name: string): string {
  const reduction = REDUCTIONS[name];
  if (!reduction) throw new Refusal(`the reduction ${name} is not supported`);
  return reduction;
}

function scatter(call: Call, reduction: string): Value {
  const { dtype, shape } = call.type("self");
  const computed = reduction === "none" ? dtype : movableDType(dtype);
  const index = call.shape("index");
  if (shape.length === 0) return scatterScalar(call, reduction);
  const axis = call.axis("dim", shape.length);
  const updates = call.has("src") ? cutUpdates(call, index) : call.expand(call.as("value", dtype), [], index);
  const result = call.op(
    "ScatterElements",
    [call.as("self", computed), call.as("index", "int64"), call.cast(updates, dtype, computed)],
    {
      axis: int(axis),
      reduction: string(reduction),
    },
  );
  return call.cast(result, computed, dtype);
}

/** The source may be larger than the index; only the part under the index is used. */
function cutUpdates(call: Call, index: readonly Dim[]): Value {
  const source = call.shape("src");
  return source.reduce<Value>(
    (value, size, at) =>
      sameDim(size, index[at] as Dim) ? value : call.slice(value, at, 0, index[at] as Dim),
    call.as("src", call.dtypeOf("self")),
  );
}

function scatterScalar(call: Call, reduction: string): Value {
  const { dtype } = call.type("self");
  const update = call.has("src") ? call.as("src", dtype) : call.as("value", dtype);
  const flat =
    call.rank("index") === 0 ? update : call.reshape(update, call.has("src") ? call.shape("src") : [], []);
  if (reduction === "none") return flat;
  const op = { add: "Add", mul: "Mul", max: "Max", min: "Min" }[reduction] as string; // one of the four
  return call.op(op, [call.tensor("self"), flat]);
}
