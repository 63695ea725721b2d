// Operators that hand their input on: Identity, and Dropout as inference sees it.
// Source: https://onnx.ai/onnx/operators/onnx__Dropout.html
import { int } from "../attribute.ts";
import type { OperatorDefinition } from "./definition.ts";
import { result, sameAs } from "./shapes.ts";

export const IDENTITY: OperatorDefinition = {
  op: "Identity",
  since: 14,
  infer: (context) => {
    const contents = context.contents(0);
    const same = sameAs(context, 0);
    return [same && { ...same, contents }];
  },
  passesOn: () => ({ input: 0, always: true }),
  move: (context) => context.constant(0),
};

export const DROPOUT: OperatorDefinition = {
  op: "Dropout",
  since: 13,
  random: true,
  attributes: { seed: int(0) },
  infer: (context) => [sameAs(context, 0), result("bool", context.shape(0))],
  /** Unless it trains. */
  passesOn: (context) =>
    !context.node.inputs[2] || context.contents(2)?.[0] === 0 ? { input: 0, always: true } : undefined,
};
