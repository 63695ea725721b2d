// One step of a recurrent network, as models call it that write the loop themselves.
// Layout: input [B, F] or [F], states [B, H] or [H]; gates of LSTM are i f g o, of GRU r z n, each H rows of the weights.
// Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html
import { int } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const LSTM_CELL: Rule = {
  targets: ["aten::lstm_cell.default"],
  emit(call) {
    const [hidden, cell] = call.tensors("hx") as [Value, Value]; // PyTorch wants two
    const sums = call.op("Add", [
      product(call, call.tensor("input"), "w_ih", "b_ih"),
      product(call, hidden, "w_hh", "b_hh"),
    ]);
    const [i, f, g, o] = gates(call, sums, 4) as [Value, Value, Value, Value]; // four were asked for
    const kept = call.op("Mul", [call.op("Sigmoid", [f]), cell]);
    const added = call.op("Mul", [call.op("Sigmoid", [i]), call.op("Tanh", [g])]);
    const next = call.op("Add", [kept, added]);
    return [call.op("Mul", [call.op("Sigmoid", [o]), call.op("Tanh", [next])]), next];
  },
};

/** n = tanh(x_n + r h_n), h' = n + z (h - n) */
export const GRU_CELL: Rule = {
  targets: ["aten::gru_cell.default"],
  emit(call) {
    const hidden = call.tensor("hx");
    const [xr, xz, xn] = gates(call, product(call, call.tensor("input"), "w_ih", "b_ih"), 3);
    const [hr, hz, hn] = gates(call, product(call, hidden, "w_hh", "b_hh"), 3);
    const reset = call.op("Sigmoid", [call.op("Add", [xr, hr])]);
    const update = call.op("Sigmoid", [call.op("Add", [xz, hz])]);
    const fresh = call.op("Tanh", [call.op("Add", [xn, call.op("Mul", [reset, hn])])]);
    return call.op("Add", [fresh, call.op("Mul", [update, call.op("Sub", [hidden, fresh])])]);
  },
};

export const PLAIN_CELL: Rule = {
  targets: ["aten::rnn_tanh_cell.default", "aten::rnn_relu_cell.default"],
  emit(call) {
    const sum = call.op("Add", [
      product(call, call.tensor("input"), "w_ih", "b_ih"),
      product(call, call.tensor("hx"), "w_hh", "b_hh"),
    ]);
    return call.op(call.name === "rnn_relu_cell" ? "Relu" : "Tanh", [sum]);
  },
};

/** x W^T + b */
function product(call: Call, x: Value, weight: string, bias: string): Value {
  const result = call.op("MatMul", [x, call.transpose(call.tensor(weight), [1, 0])]);
  return call.has(bias) ? call.op("Add", [result, call.tensor(bias)]) : result;
}

function gates(call: Call, sums: Value, count: number): Value[] {
  return call.builder.emitAll(
    "Split",
    [sums],
    { axis: int(-1), num_outputs: int(count) },
    { outputs: count },
  );
}
