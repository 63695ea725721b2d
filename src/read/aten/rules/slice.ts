// Parts of a tensor along one axis, and tensors with a part replaced.
import type { Dim } from "../../../graph/dim.ts";
import { addDims, maxDims, sameDim, sameShape } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { isComplex } from "../../../tensor/dtype.ts";
import type { Facts } from "../argument.ts";
import { type Call, realShape } from "../call.ts";
import { complexOperand } from "../complex-pair.ts";
import type { Rule } from "../rule.ts";

/** Slice's own word for "until the end". */
const END = 2 ** 63;

export const SLICE: Rule = {
  targets: ["aten::slice.Tensor", "aten::slice_copy.Tensor"],
  complex: true,
  emit(call) {
    const { start, end, step } = bounds(call);
    const whole = step === 1 && start === 0 && sameShape(call.shape("self"), call.result().shape);
    if (whole) return call.tensor("self");
    return call.slice(call.tensor("self"), call.axis("dim", call.rank("self")), start, end, step);
  },
};

export const NARROW: Rule = {
  targets: ["aten::narrow.default", "aten::narrow_copy.default"],
  complex: true,
  emit(call) {
    const start = call.dim("start");
    const end = endOf(start, call.dim("length"));
    return call.slice(call.tensor("self"), call.axis("dim", call.rank("self")), start, end);
  },
};

export const SELECT: Rule = {
  targets: ["aten::select.int", "aten::select_copy.int"],
  complex: true,
  emit(call) {
    const axis = call.axis("dim", call.rank("self"));
    const index = call.dimEmitter.scalar(call.dim("index"));
    return call.op("Gather", [call.tensor("self"), index], { axis: { kind: "int", value: axis } });
  },
};

export const SELECT_SCATTER: Rule = {
  targets: ["aten::select_scatter.default"],
  emit(call) {
    const axis = call.axis("dim", call.rank("self"));
    const part = call.unsqueeze(call.as("src", call.dtypeOf("self")), axis);
    const index = call.dim("index");
    const start =
      typeof index === "number" && index < 0 ? addDims(call.shape("self")[axis] as Dim, index) : index;
    return replaced(call, axis, start, addDims(start, 1), part);
  },
};

export const SLICE_SCATTER: Rule = {
  targets: ["aten::slice_scatter.default"],
  complex: true,
  limits: "complex numbers: every row between two bounds",
  refuse: (call) =>
    isComplex(call.dtypeOf("self")) && call.int("step") !== 1
      ? "it is not supported for complex numbers in steps"
      : undefined,
  emit(call) {
    const axis = call.axis("dim", call.rank("self"));
    const size = call.shape("self")[axis] as Dim;
    const { start, end, step } = bounds(call);
    const { dtype } = call.type("self");
    const part = isComplex(dtype) ? complexOperand(call, "src", dtype) : call.as("src", dtype);
    const shape = call.shape("self").map((dim, at) => (at === axis ? (call.shape("src")[axis] as Dim) : dim));
    const full = call.expand(part, realShape(dtype, call.shape("src")), realShape(dtype, shape));
    const [first, last] = [fromStart(start, size), fromStart(end, size)];
    if (step !== 1) return scattered(call, axis, first, last, step, full);
    // A slice that ends before it starts replaces nothing.
    const behind =
      typeof first === "number" ? addDims(first, call.shape("src")[axis] as Dim) : maxDims(first, last);
    return replaced(call, axis, first, behind, full);
  },
};

function bounds(call: Facts): { start: Dim; end: Dim; step: number } {
  return {
    start: call.has("start") ? call.dim("start") : 0,
    end: call.has("end") ? call.dim("end") : END,
    step: call.int("step"),
  };
}

function endOf(start: Dim, length: Dim): Dim {
  const end = addDims(start, length);
  return start !== 0 && typeof start === "number" && start < 0 && end === 0 ? END : end;
}

/** A bound counted from the start and within the axis, as far as that can be told. */
function fromStart(bound: Dim, size: Dim): Dim {
  if (typeof bound !== "number") return bound;
  const positive = bound < 0 ? addDims(size, bound) : bound;
  if (bound >= END || (typeof size === "number" && typeof positive === "number" && positive > size))
    return size;
  return typeof positive === "number" ? Math.max(0, positive) : positive;
}

/** Rows [start, end) of an axis replaced: what lies before and after is joined to the part. */
function replaced(call: Call, axis: number, start: Dim, end: Dim, part: Value): Value {
  const self = call.tensor("self");
  const size = call.shape("self")[axis] as Dim;
  if (start === 0 && sameDim(end, size)) return part;
  const before = start === 0 ? [] : [call.slice(self, axis, 0, start)];
  const after = sameDim(end, size) ? [] : [call.slice(self, axis, end, END)];
  return call.op("Concat", [...before, part, ...after], { axis: { kind: "int", value: axis } });
}

/** Every step-th row replaced. ScatterND writes along the first axis, so the axis goes there and back. */
function scattered(call: Call, axis: number, start: Dim, end: Dim, step: number, part: Value): Value {
  const rank = call.rank("self");
  const there = [axis, ...[...new Array<number>(rank).keys()].filter((at) => at !== axis)];
  const back = there.map((_, at) => there.indexOf(at));
  const rows = call.op("Range", [
    call.dimEmitter.scalar(start),
    call.dimEmitter.scalar(end),
    call.builder.int64(step),
  ]);
  const inputs = [
    call.transpose(call.tensor("self"), there),
    call.unsqueeze(rows, 1),
    call.transpose(part, there),
  ];
  return call.transpose(call.op("ScatterND", inputs), back);
}
