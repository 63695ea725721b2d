// What some releases of PyTorch state wrongly of their own programs.
import type { Dim } from "../../graph/dim.ts";
import type { TensorType } from "../../graph/type.ts";
import type { AtenCall } from "../aten/program.ts";

const RECURRENT = /^aten::(?:lstm|gru|rnn_tanh|rnn_relu)\.input$/;

/**
 * Up to torch 2.8 the last states of a recurrent layer are stated with one axis too many ([1, 1, batch, hidden]).
 * They have the shapes of the first states, which are arguments.
 */
export function correctStates(
  calls: readonly AtenCall[],
  types: Map<string, TensorType>,
  strides: Map<string, readonly Dim[]>,
): void {
  for (const call of calls) {
    if (!RECURRENT.test(call.target)) continue;
    const first = call.args.get("hx");
    const names =
      first?.kind === "tensors" ? first.values : [first?.kind === "tensor" ? first.value : undefined];
    for (const [index, name] of names.entries()) {
      const output = call.outputs[index + 1];
      const wanted = name === undefined ? undefined : types.get(name);
      if (output?.kind !== "tensor" || !wanted?.shape) continue;
      if (types.get(output.value)?.shape?.length === wanted.shape.length) continue;
      types.set(output.value, wanted);
      strides.delete(output.value);
    }
  }
}
