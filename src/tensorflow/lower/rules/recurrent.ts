// LSTM, GRU and RNN: the inputs' products for all steps at once, then one loop over the steps for each direction.
// Order of gates: LSTM i o f c, GRU z r h. Weights stand as ONNX has them, [gates * H, I], and are multiplied
// transposed, so that no copy is stored. Source: https://onnx.ai/onnx/operators/onnx__LSTM.html
// With sequence_lens a state is held after its sequence's end and the output is zero there.
import type { DType } from "../../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import type { TfBuilder } from "../../builder.ts";
import type { FunctionBody } from "../../function-body.ts";
import type { TfValue } from "../../graph.ts";
import { countedLoop, type Round } from "../../while-loop.ts";
import { type Activation, activationsOf } from "../activation-functions.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { type Cell, type CellInputs, GRU, LSTM, RNN } from "../recurrent-cells.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

const FLOATS: readonly DType[] = ["float32", "float64"];

function recurrent(op: string, cell: Cell): LoweringRule {
  return {
    op,
    since: 14,
    layout: LOGICAL,
    limits: "float32 and float64; the hidden size is known; the activations of the specification",
    refuse(facts) {
      if (!FLOATS.includes(facts.dtype(0)))
        return `${facts.dtype(0)} is not computed exactly enough step by step`;
      if (typeof hiddenSize(facts, cell) !== "number") return "its hidden size is not fixed";
      const activations = activationsOf(facts, cell.activations);
      return typeof activations === "string" ? activations : undefined;
    },
    emit: (node) => emit(node, cell),
  };
}

function hiddenSize(facts: NodeFacts, cell: Cell): number | undefined {
  const rows = facts.shape(2)[1];
  return typeof rows === "number" ? rows / cell.gates : undefined;
}

function emit(node: NodeLowering, cell: Cell): readonly TfValue[] {
  const batchFirst = node.int("layout", 0) === 1;
  const swap = (value: TfValue, rank: number) => {
    const perm = [1, 0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2)];
    return batchFirst ? node.op("Transpose", [value, node.int32s(perm)]) : value;
  };
  const x = swap(node.logical(0), 3);
  const direction = node.string("direction", "forward");
  const backwards = direction === "bidirectional" ? [false, true] : [direction === "reverse"];
  const runs = backwards.map((backward, index) =>
    run(node, cell, x, index, backward, (value) => swap(value, 3)),
  );
  const states = cell.states.map((_, state) =>
    swap(node.op("Pack", [runs.map((result) => result.states[state] as TfValue)], { axis: 0 }), 3),
  );
  const steps = node.op("Pack", [runs.map((result) => result.steps)], { axis: 1 }); // [T, D, B, H]
  const y = batchFirst ? node.op("Transpose", [steps, node.int32s([2, 0, 1, 3])]) : steps;
  return [y, ...states];
}

interface Run {
  /** [T, B, H] */
  readonly steps: TfValue;
  /** [B, H] each. */
  readonly states: readonly TfValue[];
}

function run(
  node: NodeLowering,
  cell: Cell,
  x: TfValue,
  direction: number,
  backward: boolean,
  swap: (value: TfValue) => TfValue,
): Run {
  const hidden = hiddenSize(node, cell) as number; // refuse has checked it
  const [batchAxis, stepAxis] = node.int("layout", 0) === 1 ? [0, 1] : [1, 0];
  const [batch, steps] = [node.shape(0)[batchAxis] ?? 1, node.shape(0)[stepAxis] ?? 1];
  const lengths = node.has(4) ? node.cast(node.logical(4), "int32") : undefined;
  const turn = (value: TfValue) => (backward ? reversed(node, value, lengths) : value);
  const inputs = cellInputs(node, cell, direction, hidden);
  const depth = node.shape(0)[2] ?? 1;
  const flat = node.op("Reshape", [turn(x), node.values.dims([-1, depth])]);
  const product = node.op("MatMul", [flat, inputs.weight], { transpose_b: true });
  const biased = inputs.inputBias ? node.op("AddV2", [product, inputs.inputBias]) : product;
  const projected = node.values.reshape(biased, [steps, batch, cell.gates * hidden]);
  const initial = cell.states.map((input) =>
    node.has(input)
      ? part(node, swap(node.logical(input)), direction)
      : node.op("Fill", [node.values.dims([batch, hidden]), node.scalar(node.dtype(0), 0)]),
  );
  const activations = activationsOf(node, cell.activations) as Activation[]; // refuse has checked it
  const own = activations.slice(direction * cell.activations.length);
  const count = node.cast(node.values.dim(steps), "int32");
  const result = countedLoop(
    node.tf,
    count,
    initial,
    [[-1, hidden]],
    (body, step, states) => {
      const at = body.tf.op("GatherV2", [body.capture(projected), step, body.capture(node.int32(0))]);
      const next = cell.step({ body, at, states, inputs, activations: own, facts: node });
      return lengths ? held(body, body.capture(lengths), step, states, next) : next;
    },
    [node.dtype(0)],
  );
  return { steps: turn(result.collected[0] as TfValue), states: result.states };
}

/** After a sequence's end its states stay and its output is zero. */
function held(
  body: FunctionBody,
  lengths: TfValue,
  step: TfValue,
  states: readonly TfValue[],
  next: Round,
): Round {
  const { tf } = body;
  const active = tf.op("ExpandDims", [tf.op("Less", [step, lengths]), int32(tf, 1)]);
  const zero = tf.op("ZerosLike", [next.collected[0] as TfValue]);
  return {
    states: next.states.map((state, index) => tf.op("SelectV2", [active, state, states[index] as TfValue])),
    collected: next.collected.map((value) => tf.op("SelectV2", [active, value, zero])),
  };
}

/** [T, B, ...] read from the end, each sequence from its own. */
function reversed(node: NodeLowering, value: TfValue, lengths: TfValue | undefined): TfValue {
  if (!lengths) return node.op("ReverseV2", [value, node.int32s([0])]);
  return node.op("ReverseSequence", [value, lengths], { seq_dim: 0, batch_dim: 1 });
}

/** One direction's part of a tensor with the directions along its first axis. */
function part(node: NodeLowering, value: TfValue, direction: number): TfValue {
  return node.op(
    "StridedSlice",
    [value, node.int32s([direction]), node.int32s([direction + 1]), node.int32s([1])],
    {
      shrink_axis_mask: 1,
    },
  );
}

/** An input's part for one direction; a constant with one direction is the same bytes under another shape. */
function weightPart(node: NodeLowering, input: number, direction: number): TfValue {
  const tensor = node.constant(input);
  if (tensor && tensor.shape[0] === 1) {
    return node.values.constant(node.values.reshaped(tensor, tensor.shape.slice(1)), node.value(input).name);
  }
  return part(node, node.logical(input), direction);
}

function cellInputs(node: NodeLowering, cell: Cell, direction: number, hidden: number): CellInputs {
  const bias = node.has(3) ? weightPart(node, 3, direction) : undefined;
  const half = (from: number) =>
    bias &&
    node.op("StridedSlice", [
      bias,
      node.int32s([from * cell.gates * hidden]),
      node.int32s([(from + 1) * cell.gates * hidden]),
      node.int32s([1]),
    ]);
  const [input, recurrence] = [half(0), half(1)];
  const together =
    cell.sumsBiases(node) && input && recurrence ? node.op("AddV2", [input, recurrence]) : undefined;
  return {
    weight: weightPart(node, 1, direction),
    recurrence: weightPart(node, 2, direction),
    inputBias: together ?? input,
    recurrentBias: together ? undefined : recurrence,
    peepholes: node.has(7) ? weightPart(node, 7, direction) : undefined,
    hidden,
  };
}

function int32(tf: TfBuilder, value: number): TfValue {
  return tf.constant(tensorOfNumbers("int32", [], [value]));
}

export const RECURRENT: readonly LoweringRule[] = [
  recurrent("LSTM", LSTM),
  recurrent("GRU", GRU),
  recurrent("RNN", RNN),
];
