// LSTM, GRU and RNN. Source: https://onnx.ai/onnx/operators/onnx__LSTM.html
// Layout 0: X [steps, batch, features], Y [steps, directions, batch, hidden], states [directions, batch, hidden].
// Layout 1: X [batch, steps, features], Y [batch, steps, directions, hidden], states [batch, directions, hidden].
import { int, string } from "../attribute.ts";
import type { AttributeSpec, OperatorDefinition } from "./definition.ts";
import { result, shapeOfRank } from "./shapes.ts";

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
      const last = result(dtype, first ? [batch, directions, hidden] : [directions, batch, hidden]);
      return [result(dtype, all), ...Array.from({ length: states }, () => last)];
    },
  };
}

export const RECURRENT: readonly OperatorDefinition[] = [
  recurrent("GRU", 1, { linear_before_reset: int(0) }),
  recurrent("LSTM", 2, { input_forget: int(0) }),
  recurrent("RNN", 1, {}),
];
