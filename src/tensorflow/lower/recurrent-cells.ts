// One step of an LSTM, a GRU and a plain recurrent network, inside the loop over the steps.
// Formulas: https://onnx.ai/onnx/operators/onnx__LSTM.html, onnx__GRU.html, onnx__RNN.html
import type { DType } from "../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import type { FunctionBody } from "../function-body.ts";
import type { TfValue } from "../graph.ts";
import type { Round } from "../while-loop.ts";
import type { Activation } from "./activation-functions.ts";
import type { NodeFacts } from "./node-facts.ts";

/** What a cell takes from outside the loop. */
export interface CellInputs {
  /** [gates * H, I] */
  readonly weight: TfValue;
  /** [gates * H, H] */
  readonly recurrence: TfValue;
  /** [gates * H]; with the recurrent bias in it where the cell allows. */
  readonly inputBias: TfValue | undefined;
  readonly recurrentBias: TfValue | undefined;
  /** [3 * H], in the order i o f. */
  readonly peepholes: TfValue | undefined;
  readonly hidden: number;
}

export interface Step {
  readonly body: FunctionBody;
  /** The inputs' product at this step, [B, gates * H]. */
  readonly at: TfValue;
  readonly states: readonly TfValue[];
  readonly inputs: CellInputs;
  readonly activations: readonly Activation[];
  readonly facts: NodeFacts;
}

export interface Cell {
  readonly gates: number;
  /** The ONNX inputs that hold the initial states. */
  readonly states: readonly number[];
  readonly activations: readonly string[];
  /** Whether both biases are only ever added, so that one vector will do. */
  sumsBiases(facts: NodeFacts): boolean;
  step(step: Step): Round;
}

/** h R' + b for all gates. */
function recurrent({ body, inputs }: Step, h: TfValue): TfValue {
  const { tf } = body;
  const product = tf.op("MatMul", [h, body.capture(inputs.recurrence)], {
    transpose_a: false,
    transpose_b: true,
  });
  return inputs.recurrentBias ? tf.op("AddV2", [product, body.capture(inputs.recurrentBias)]) : product;
}

function split({ body }: Step, value: TfValue, parts: number): TfValue[] {
  const axis = body.tf.constant(tensorOfNumbers("int32", [], [1]));
  return body.tf.ops("Split", [axis, value], { num_split: parts });
}

/** Applies an activation to a value clipped to [-clip, clip], if the node clips. */
function activate({ body, activations, facts }: Step, index: number, x: TfValue): TfValue {
  const { tf } = body;
  const clip = facts.float("clip", 0);
  const limit = (value: number) => tf.constant(tensorOfNumbers(x.dtype as DType, [], [value])); // a float tensor
  const clipped = clip > 0 ? tf.op("Minimum", [tf.op("Maximum", [x, limit(-clip)]), limit(clip)]) : x;
  const activation = activations[index] as Activation; // as many as the cell states
  return activation(tf, clipped);
}

export const LSTM: Cell = {
  gates: 4,
  states: [5, 6],
  activations: ["Sigmoid", "Tanh", "Tanh"],
  sumsBiases: () => true,
  step(step) {
    const { tf } = step.body;
    const [h, c] = step.states as [TfValue, TfValue];
    const [i, o, f, g] = split(step, tf.op("AddV2", [step.at, recurrent(step, h)]), 4) as [
      TfValue,
      TfValue,
      TfValue,
      TfValue,
    ];
    const peep = (value: TfValue, place: number, state: TfValue) => {
      return step.inputs.peepholes ? tf.op("AddV2", [value, peephole(step, place, state)]) : value;
    };
    const input = activate(step, 0, peep(i, 0, c));
    const one = tf.constant(tensorOfNumbers(c.dtype as DType, [], [1])); // a float tensor
    const coupled = step.facts.int("input_forget", 0) === 1;
    const forget = coupled ? tf.op("Sub", [one, input]) : activate(step, 0, peep(f, 2, c));
    const cell = tf.op("AddV2", [tf.op("Mul", [forget, c]), tf.op("Mul", [input, activate(step, 1, g)])]);
    const output = activate(step, 0, peep(o, 1, cell));
    const hidden = tf.op("Mul", [output, activateFree(step, 2, cell)]);
    return { states: [hidden, cell], collected: [hidden] };
  },
};

function peephole({ body, inputs }: Step, place: number, state: TfValue): TfValue {
  const { tf } = body;
  const vector = (value: number) => tf.constant(tensorOfNumbers("int32", [1], [value]));
  const part = tf.op("StridedSlice", [
    body.capture(inputs.peepholes as TfValue), // the caller has checked it
    vector(place * inputs.hidden),
    vector((place + 1) * inputs.hidden),
    vector(1),
  ]);
  return tf.op("Mul", [part, state]);
}

/** The cell's own state is not clipped. */
function activateFree({ body, activations }: Step, index: number, x: TfValue): TfValue {
  const activation = activations[index] as Activation; // as many as the cell states
  return activation(body.tf, x);
}

export const GRU: Cell = {
  gates: 3,
  states: [5],
  activations: ["Sigmoid", "Tanh"],
  sumsBiases: (facts) => facts.int("linear_before_reset", 0) === 0,
  step(step) {
    const { tf } = step.body;
    const [h] = step.states as [TfValue];
    const [xz, xr, xh] = split(step, step.at, 3) as [TfValue, TfValue, TfValue];
    const [hz, hr, hh] = split(step, recurrent(step, h), 3) as [TfValue, TfValue, TfValue];
    const update = activate(step, 0, tf.op("AddV2", [xz, hz]));
    const reset = activate(step, 0, tf.op("AddV2", [xr, hr]));
    const linear = step.facts.int("linear_before_reset", 0) === 1;
    const candidate = linear
      ? tf.op("Mul", [reset, hh])
      : (split(step, recurrent(step, tf.op("Mul", [reset, h])), 3)[2] as TfValue);
    const fresh = activate(step, 1, tf.op("AddV2", [xh, candidate]));
    // (1 - z) * fresh + z * h
    const next = tf.op("AddV2", [fresh, tf.op("Mul", [update, tf.op("Sub", [h, fresh])])]);
    return { states: [next], collected: [next] };
  },
};

export const RNN: Cell = {
  gates: 1,
  states: [5],
  activations: ["Tanh"],
  sumsBiases: () => true,
  step(step) {
    const [h] = step.states as [TfValue];
    const next = activate(step, 0, step.body.tf.op("AddV2", [step.at, recurrent(step, h)]));
    return { states: [next], collected: [next] };
  },
};
