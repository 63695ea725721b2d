// A loop over a counter: for (i = 0; i < count; i++) state = body(i, state), as one StatelessWhile.
// What is collected from every round goes through a list of tensors and comes out stacked along a new first axis.
import { tensorOfNumbers } from "../tensor/numbers.ts";
import type { TfBuilder } from "./builder.ts";
import { Captures, FunctionBody } from "./function-body.ts";
import type { TfValue } from "./graph.ts";

export interface Round {
  readonly states: readonly TfValue[];
  /** Tensors to be stacked, one a collection; their shape must be the same in every round. */
  readonly collected: readonly TfValue[];
}

export interface LoopResult {
  readonly states: readonly TfValue[];
  /** [count, ...] */
  readonly collected: readonly TfValue[];
}

/** Runs `round` `count` times (an int32 scalar). `collects` gives the shapes of what is collected, -1 where free. */
export function countedLoop(
  tf: TfBuilder,
  count: TfValue,
  states: readonly TfValue[],
  collects: readonly (readonly number[])[],
  round: (body: FunctionBody, index: TfValue, states: readonly TfValue[]) => Round,
  dtypes: readonly TfValue["dtype"][],
): LoopResult {
  const captures = new Captures();
  const lists = collects.map((shape, at) =>
    tf.op("TensorListReserve", [vector(tf, shape), count], { element_dtype: dtypes[at] as string }),
  );
  const variables = [tf.constant(tensorOfNumbers("int32", [], [0])), ...lists, ...states];
  const name = tf.scope ? `${tf.scope}/while` : "while";
  const condition = new FunctionBody(tf, `${name}_cond`, captures);
  const [at] = variables.map((variable) => condition.parameter(variable.dtype));
  condition.returns([condition.tf.op("Less", [at as TfValue, condition.capture(count)])]);
  const body = new FunctionBody(tf, `${name}_body`, captures);
  body.returns(roundOf(body, variables, lists.length, round));
  condition.finish();
  body.finish(true);
  const results = tf.ops("StatelessWhile", [[...variables, ...captures.values]], {
    cond: condition.name,
    body: body.name,
    T: [...variables, ...captures.values].map((value) => value.dtype),
  });
  return {
    states: results.slice(1 + lists.length, variables.length),
    collected: collects.map((shape, index) =>
      tf.op("TensorListStack", [results[1 + index] as TfValue, vector(tf, shape)], {
        element_dtype: dtypes[index] as string,
      }),
    ),
  };
}

function roundOf(
  body: FunctionBody,
  variables: readonly TfValue[],
  listCount: number,
  round: (body: FunctionBody, index: TfValue, states: readonly TfValue[]) => Round,
): TfValue[] {
  const [index, ...rest] = variables.map((variable) => body.parameter(variable.dtype));
  const counter = index as TfValue; // the first variable
  const { states, collected } = round(body, counter, rest.slice(listCount));
  const next = body.tf.op("AddV2", [counter, body.tf.constant(tensorOfNumbers("int32", [], [1]))]);
  const lists = collected.map((item, at) =>
    body.tf.op("TensorListSetItem", [rest[at] as TfValue, counter, item]),
  );
  return [next, ...lists, ...states];
}

function vector(tf: TfBuilder, values: readonly number[]): TfValue {
  return tf.constant(tensorOfNumbers("int32", [values.length], values));
}
