// If, Loop and Scan. Source: https://onnx.ai/onnx/operators/onnx__Loop.html
// A value that a loop carries may change its shape from one iteration to the next: sizes that differ become unknown.
import { type Dim, sameDim } from "../dim.ts";
import { tensorType, type ValueType } from "../type.ts";
import type { InferContext, Inferred, OperatorDefinition } from "./definition.ts";
import { axisOf, result } from "./shapes.ts";

type Known = Inferred | undefined;

export const IF: OperatorDefinition = {
  op: "If",
  since: 16,
  attributes: { then_branch: "graph", else_branch: "graph" },
  infer: (context) => {
    const thenOutputs = context.subgraph("then_branch", []);
    const elseOutputs = context.subgraph("else_branch", []);
    return thenOutputs.map((known, index) => common(context, known, elseOutputs[index]));
  },
};

/** What holds for both; contents are dropped. */
function common(context: InferContext, a: Known, b: Known): Known {
  if (!a || !b) return undefined;
  const type = commonType(context, a.type, b.type);
  return type && { type };
}

function commonType(context: InferContext, a: ValueType, b: ValueType): ValueType | undefined {
  if (a.kind !== "tensor" || b.kind !== "tensor") return a.kind === b.kind ? a : undefined;
  if (a.dtype !== b.dtype) return undefined;
  if (!a.shape || a.shape.length !== b.shape?.length) return tensorType(a.dtype);
  const other = b.shape;
  return tensorType(
    a.dtype,
    a.shape.map((dim, axis) => (sameDim(dim, other[axis] ?? 0) ? dim : context.unknownDim())),
  );
}

/** Rounds in which sizes may become unknown; each takes at least one size, so real loops settle in two. */
const MAX_ROUNDS = 8;

/** Types of carried values that hold before and after every iteration. */
function settle(
  context: InferContext,
  initial: readonly Known[],
  step: (carried: readonly Known[]) => readonly Known[],
): readonly Known[] {
  const loose = new Set<Dim>();
  let carried: readonly Known[] = initial.map((known) => known && { type: known.type });
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const after = step(carried);
    const next = carried.map((known, index) => loosened(context, known, after[index], loose));
    if (next.every((known, index) => known === carried[index])) return carried;
    carried = next;
  }
  return carried.map((known) => known && { type: withoutShape(known.type) });
}

/** `before` itself if `after` agrees; otherwise with new symbols, which join `loose`, where they differ. */
function loosened(context: InferContext, before: Known, after: Known, loose: Set<Dim>): Known {
  if (before?.type.kind !== "tensor" || after?.type.kind !== "tensor") {
    return before?.type.kind === after?.type.kind ? before : undefined;
  }
  const { dtype, shape } = before.type;
  const other = after.type.shape;
  if (!shape) return before;
  if (other?.length !== shape.length) return { type: tensorType(dtype) };
  const wide = shape.map((dim, axis) => {
    if (loose.has(dim) || sameDim(dim, other[axis] ?? dim)) return dim;
    const unknown = context.unknownDim();
    loose.add(unknown);
    return unknown;
  });
  return wide.every((dim, axis) => dim === shape[axis]) ? before : { type: tensorType(dtype, wide) };
}

function withoutShape(type: ValueType): ValueType {
  return type.kind === "tensor" ? tensorType(type.dtype) : type;
}

function inputsFrom(context: InferContext, first: number): Known[] {
  return context.node.inputs.slice(first).map((_, index) => {
    const type = context.valueType(index + first);
    return type && { type };
  });
}

/** Inputs: trip count, condition, carried values. Body: iteration, condition, carried -> condition, carried, scanned. */
export const LOOP: OperatorDefinition = {
  op: "Loop",
  since: 16,
  attributes: { body: "graph" },
  infer: (context) => {
    const iteration = result("int64", []);
    const condition = result("bool", []);
    const initial = inputsFrom(context, 2);
    const run = (carried: readonly Known[]) =>
      context.subgraph("body", [iteration, condition, ...carried]).slice(1);
    const carried = settle(context, initial, run);
    const trips = tripCount(context);
    const scanned = run(carried).slice(initial.length);
    return [...carried, ...scanned.map((known) => stacked(known, trips, 0))];
  },
};

function tripCount(context: InferContext): Dim {
  return context.node.inputs[1] ? context.unknownDim() : (context.contents(0)?.[0] ?? context.unknownDim());
}

function stacked(known: Known, count: Dim, axis: number): Known {
  if (known?.type.kind !== "tensor") return undefined;
  const { dtype, shape } = known.type;
  if (!shape) return result(dtype, undefined);
  const at = axis < 0 ? axis + shape.length + 1 : axis;
  return result(dtype, [...shape.slice(0, at), count, ...shape.slice(at)]);
}

/** Inputs: states, then scanned inputs. Body: states, one slice of each input -> states, one slice of each output. */
export const SCAN: OperatorDefinition = {
  op: "Scan",
  since: 16,
  attributes: {
    body: "graph",
    num_scan_inputs: "int",
    scan_input_axes: "ints",
    scan_input_directions: "ints",
    scan_output_axes: "ints",
    scan_output_directions: "ints",
  },
  infer: (context) => {
    const scans = context.int("num_scan_inputs");
    const states = context.node.inputs.length - scans;
    const inputs = inputsFrom(context, 0);
    const axes = context.ints("scan_input_axes");
    let length: Dim | undefined;
    const slices = inputs.slice(states).map((known, index) => {
      if (known?.type.kind !== "tensor" || !known.type.shape) return undefined;
      const { dtype, shape } = known.type;
      const axis = axisOf(axes?.[index] ?? 0, shape.length);
      length ??= shape[axis];
      return result(
        dtype,
        shape.filter((_, at) => at !== axis),
      );
    });
    const run = (carried: readonly Known[]) => context.subgraph("body", [...carried, ...slices]);
    const carried = settle(context, inputs.slice(0, states), run);
    const outputs = run(carried).slice(states);
    const outputAxes = context.ints("scan_output_axes");
    const count = length ?? context.unknownDim();
    return [...carried, ...outputs.map((known, index) => stacked(known, count, outputAxes?.[index] ?? 0))];
  },
};
