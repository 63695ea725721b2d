// One step of a recurrent layer, which has no operator of its own in ONNX: the formulas of PyTorch's cells, as calls.
// Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html (and GRUCell, RNNCell)
// Not here: whole layers, which stay one call (aten/rules/recurrent.ts).
import { int, itemsOf, NONE, tuple, type Value } from "../values.ts";
import type { Arguments } from "./context.ts";

/** Calls an ATen operator by its name. */
export type CallAten = (name: string, ...args: readonly Value[]) => Value;

/** The result of a cell; undefined for other operators. */
export function callCell(operator: string, given: Arguments, call: CallAten): Value | undefined {
  const [input, state, ...weights] = given.positional;
  const cell = Object.hasOwn(CELLS, operator) ? CELLS[operator] : undefined;
  return cell && input && state ? cell(input, state, weights, call) : undefined;
}

type Cell = (input: Value, state: Value, weights: readonly Value[], call: CallAten) => Value;

/** i, f, g, o = W x + b + U h + c; c' = f c + i g; h' = o tanh(c') */
const lstmCell: Cell = (input, state, weights, call) => {
  const [hidden = NONE, memory = NONE] = itemsOf(state) ?? [];
  const gates = call("add", ...projections(input, hidden, weights, call));
  const [i = NONE, f = NONE, g = NONE, o = NONE] = parts(gates, 4, call);
  const kept = call("mul", call("sigmoid", f), memory);
  const next = call("add", kept, call("mul", call("sigmoid", i), call("tanh", g)));
  return tuple([call("mul", call("sigmoid", o), call("tanh", next)), next]);
};

/** r, z = sigmoid(...); n = tanh(Wn x + b + r (Un h + c)); h' = n + z (h - n) */
const gruCell: Cell = (input, hidden, weights, call) => {
  const [fromInput, fromHidden] = projections(input, hidden, weights, call);
  const [ir = NONE, iz = NONE, inew = NONE] = parts(fromInput, 3, call);
  const [hr = NONE, hz = NONE, hnew = NONE] = parts(fromHidden, 3, call);
  const reset = call("sigmoid", call("add", ir, hr));
  const update = call("sigmoid", call("add", iz, hz));
  const fresh = call("tanh", call("add", inew, call("mul", reset, hnew)));
  return call("add", fresh, call("mul", update, call("sub", hidden, fresh)));
};

const plainCell =
  (activation: string): Cell =>
  (input, hidden, weights, call) =>
    call(activation, call("add", ...projections(input, hidden, weights, call)));

function projections(
  input: Value,
  hidden: Value,
  [w = NONE, u = NONE, b = NONE, c = NONE]: readonly Value[],
  call: CallAten,
): readonly [Value, Value] {
  return [call("linear", input, w, b), call("linear", hidden, u, c)];
}

function parts(gates: Value, count: number, call: CallAten): readonly Value[] {
  return itemsOf(call("chunk", gates, int(count), int(-1))) ?? [];
}

const CELLS: Readonly<Record<string, Cell>> = {
  "aten::lstm_cell": lstmCell,
  "aten::gru_cell": gruCell,
  "aten::rnn_tanh_cell": plainCell("tanh"),
  "aten::rnn_relu_cell": plainCell("relu"),
};
