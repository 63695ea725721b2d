// Loops that end when only running tells: `while_loop` of torch.export, and TorchScript's own.
// Source: https://docs.pytorch.org/docs/main/higher_order_ops/while_loop.html
// Both become an ONNX Loop, whose condition is computed before the first round and at the end of each.
import { subgraph } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import { tensorType } from "../../../graph/type.ts";
import type { Body, Call } from "../call.ts";
import type { Rule } from "../rule.ts";

/** Arguments by place: condition, body, carried values, values that stay. */
export const WHILE_LOOP: Rule = {
  targets: ["higher_order::while_loop"],
  emit(call) {
    const carried = call.tensors("2");
    const fixed = call.has("3") ? call.tensors("3") : [];
    const [condition, step] = [call.bodyGraph("0"), call.bodyGraph("1")];
    const goes = call.inline(condition, [...carried, ...fixed])[0];
    const { body, inputs } = openLoop(call, carried.length);
    const next = body.run(step, [...inputs, ...fixed]);
    const again = body.run(condition, [...next, ...fixed]);
    for (const value of [...again, ...next]) body.output(value);
    return loop(call, body, [undefined, goes, ...carried]);
  },
};

/**
 * TorchScript's loop. `body`: its inputs are the round, the carried and the captured values, its results the condition
 * for the next round and the carried values. `trips` bounds the rounds if it is there.
 */
export const SCRIPT_LOOP: Rule = {
  targets: ["prim::Loop"],
  emit(call) {
    const carried = call.tensors("carried");
    const { body, round, inputs } = openLoop(call, carried.length);
    for (const value of body.run(call.bodyGraph("body"), [round, ...inputs, ...call.tensors("captured")]))
      body.output(value);
    const trips = call.has("trips") ? call.dimEmitter.scalar(call.dim("trips")) : undefined;
    return loop(call, body, [trips, call.scalarValue("condition"), ...carried]);
  },
};

interface OpenLoop {
  readonly body: Body;
  readonly round: Value;
  /** The carried values as a round finds them. */
  readonly inputs: readonly Value[];
}

function openLoop(call: Call, carried: number): OpenLoop {
  const body = call.openBody();
  const round = body.input(tensorType("int64", []));
  body.input(tensorType("bool", []));
  return { body, round, inputs: Array.from({ length: carried }, () => body.input()) };
}

function loop(call: Call, body: Body, inputs: readonly (Value | undefined)[]): readonly Value[] {
  return call.builder.emitAll("Loop", inputs, { body: subgraph(body.graph) }, { outputs: inputs.length - 2 });
}
