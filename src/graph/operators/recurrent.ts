// LSTM, GRU and RNN. Source: https://onnx.ai/onnx/operators/onnx__LSTM.html
// Layout 0: X [steps, batch, features], Y [steps, directions, batch, hidden], states [directions, batch, hidden].
// Layout 1: X [batch, steps, features], Y [batch, steps, directions, hidden], states [batch, directions, hidden].
import { int, string } from "../attribute.ts";
import type { Dim } from "../dim.ts";
import { type AttributeSpec, IllTyped, type InferContext, type OperatorDefinition } from "./definition.ts";
import { result, sameSize, shapeOfRank } from "./shapes.ts";

function recurrent(
  op: string,
  states: number,
  attributes: Readonly<Record<string, AttributeSpec>>,
): OperatorDefinition {
  return {
    op,
    since: 14,
    attributes: {
      activation_alpha: "floats",
      activation_beta: "floats",
      activations: "strings",
      clip: "float",
      direction: string("forward"),
      hidden_size: "int",
      layout: int(0),
      ...attributes,
    },
    infer: (context) => {
      const dtype = context.type(0)?.dtype;
      const data = shapeOfRank(context, 0, 3);
      if (!dtype) return [];
      if (!data) return [result(dtype, undefined)];
      const hidden =
        context.int("hidden_size", Number.NaN) || (context.shape(2)?.at(-1) ?? context.unknownDim());
      const directions = context.string("direction") === "bidirectional" ? 2 : 1;
      const first = context.int("layout") === 1;
      const [steps, batch] = first ? [data[1] ?? 1, data[0] ?? 1] : [data[0] ?? 1, data[1] ?? 1];
      const all = first ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden];
      const state = first ? [batch, directions, hidden] : [directions, batch, hidden];
      for (let index = 0; index < states; index++) checkState(context, INITIAL_STATE + index, state);
      const last = result(dtype, state);
      return [result(dtype, all), ...Array.from({ length: states }, () => last)];
    },
  };
}

/** Place of the first initial state among the inputs; the others follow it. */
const INITIAL_STATE = 5;

function checkState(context: InferContext, index: number, wanted: readonly Dim[]): void {
  const shape = context.shape(index);
  if (!shape) return;
  if (shape.length !== wanted.length)
    throw new IllTyped(`an initial state has ${shape.length} dimensions, not ${wanted.length}`);
  for (const [axis, dim] of wanted.entries())
    sameSize(dim, shape[axis] ?? 0, `sizes of a state's axis ${axis}`);
}

export const RECURRENT: readonly OperatorDefinition[] = [
  recurrent("GRU", 1, { linear_before_reset: int(0) }),
  recurrent("LSTM", 2, { input_forget: int(0) }),
  recurrent("RNN", 1, {}),
];
