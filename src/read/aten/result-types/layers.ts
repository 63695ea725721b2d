// Results of recurrent layers and of layers that normalise and give their statistics too; losses.
import { type Dim, mulDims } from "../../../graph/dim.ts";
import type { RankedType } from "../../../graph/typed-graph.ts";
import { type Facts, Refusal } from "../argument.ts";
import {
  broadcastOf,
  forEach,
  type Infer,
  type InferTable,
  promoted,
  sameAs,
  sameOrEnd,
  typed,
  withoutAxes,
} from "./infer.ts";

/** The layer's outputs have the size of its state, once for each direction. */
function hidden(call: Facts, state: RankedType): RankedType {
  if (!call.has("input")) throw new Refusal("it runs over packed sequences");
  const { dtype, shape } = call.type("input");
  if (shape.length === 3) sameOrEnd(shape[call.bool("batch_first") ? 0 : 1] ?? 1, state.shape[1] ?? 1);
  const size: Dim = mulDims(state.shape.at(-1) ?? 0, call.bool("bidirectional") ? 2 : 1);
  return typed(dtype, [...shape.slice(0, -1), size]);
}

function hiddenOfPacked(call: Facts, state: RankedType): RankedType {
  const { dtype, shape } = call.type("data");
  const size: Dim = mulDims(state.shape.at(-1) ?? 0, call.bool("bidirectional") ? 2 : 1);
  return typed(dtype, [shape[0] ?? 1, size]);
}

/** Only the lengths tell how many steps there are in all, and in the longest sequence. */
const packed: Infer = (call, fresh) => {
  const { dtype, shape } = call.type("input");
  return [typed(dtype, [fresh(), ...shape.slice(2)]), typed("int64", [fresh()])];
};

const padded: Infer = (call, fresh) => {
  const { dtype, shape } = call.type("data");
  const [steps] = call.shape("batch_sizes");
  const batch = fresh();
  const lead = call.bool("batch_first") ? [batch, steps ?? 1] : [steps ?? 1, batch];
  return [typed(dtype, [...lead, ...shape.slice(1)]), typed("int64", [batch])];
};

/** Cells give states like the ones they get. */
const cell: Infer = (call) => (call.argument("hx").kind === "tensor" ? [call.type("hx")] : pairOf(call));

function pairOf(call: Facts): RankedType[] {
  const [state, cell] = call.typesOf("hx");
  return state && cell ? [state, cell] : [];
}

const lstm: Infer = (call) => {
  const [state, cell] = call.typesOf("hx");
  if (state && cell && call.has("data")) return [hiddenOfPacked(call, state), state, cell];
  if (!state || !cell) throw new Refusal("its first states are missing");
  return [hidden(call, state), state, cell];
};

const recurrent: Infer = (call) => {
  const state = call.type("hx");
  if (call.has("data")) return [hiddenOfPacked(call, state), state];
  return [hidden(call, state), state];
};

/** Losses over all elements: a number, or one for each element. */
const elementLoss: Infer = (call) => {
  const names = call.schema?.arguments.slice(0, 2).map(({ name }) => name) ?? [];
  const shape = call.int("reduction") === 0 ? broadcastOf(call, names) : [];
  return [typed(promoted(call, names), shape)];
};

/** Losses of a class: a number, or one for each sample or pixel; targets of class numbers or of shares. */
const classLoss: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  if (call.int("reduction") !== 0) return [typed(dtype, [])];
  const axis = shape.length < 2 ? 0 : 1;
  return [typed(dtype, withoutAxes(shape, [axis], false))];
};

/** As classLoss, with the sum of the weights beside it. */
const weighedLoss: Infer = (call) => [...classLoss(call, () => 0), typed(call.dtypeOf("self"), [])];

/** Losses that compare the rows of several tensors along their last axis. */
const rowLoss =
  (...names: string[]): Infer =>
  (call) => {
    const rows = broadcastOf(call, names).slice(0, -1);
    return [typed(promoted(call, names), call.int("reduction") === 0 ? rows : [])];
  };

/** Losses of pairs of numbers, of which a third says how they should lie. */
const pairLoss =
  (...names: string[]): Infer =>
  (call) => [typed(promoted(call, names), call.int("reduction") === 0 ? broadcastOf(call, names) : [])];

const pairDistance: Infer = (call) => {
  const shape = broadcastOf(call, ["x1", "x2"]);
  return [typed(promoted(call, ["x1", "x2"]), withoutAxes(shape, [shape.length - 1], call.bool("keepdim")))];
};

const normalized: Infer = (call) => {
  const { dtype, shape } = call.type("input");
  const count = call.dims("normalized_shape").length;
  const lead = shape.slice(0, shape.length - count);
  const statistics = typed(dtype, [...lead, ...new Array<Dim>(count).fill(1)]);
  return [typed(dtype, shape), statistics, statistics];
};

const similarity: Infer = (call) => {
  const shape = broadcastOf(call, ["x1", "x2"]);
  const axis = call.axis("dim", shape.length);
  return [
    typed(
      promoted(call, ["x1", "x2"]),
      shape.filter((_, place) => place !== axis),
    ),
  ];
};

const distances: Infer = (call) => {
  const [a, b] = [call.shape("x1"), call.shape("x2")];
  return [typed(call.dtypeOf("x1"), [...a.slice(0, -1), b.at(-2) ?? 1])];
};

export const LAYERS: InferTable = {
  lstm: lstm,
  ...forEach("lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell", cell),
  _pack_padded_sequence: packed,
  _pad_packed_sequence: padded,
  ...forEach("gru rnn_tanh rnn_relu", recurrent),
  ...forEach("mse_loss l1_loss smooth_l1_loss huber_loss", elementLoss),
  ...forEach("binary_cross_entropy binary_cross_entropy_with_logits kl_div soft_margin_loss", elementLoss),
  ...forEach("nll_loss nll_loss2d nll_loss_nd cross_entropy_loss", classLoss),
  ...forEach("nll_loss_forward nll_loss2d_forward", weighedLoss),
  hinge_embedding_loss: pairLoss("self", "target"),
  margin_ranking_loss: pairLoss("input1", "input2", "target"),
  triplet_margin_loss: rowLoss("anchor", "positive", "negative"),
  cosine_embedding_loss: rowLoss("input1", "input2"),
  pairwise_distance: pairDistance,
  native_layer_norm: normalized,
  _weight_norm: sameAs("v"),
  cosine_similarity: similarity,
  ...forEach("cdist _cdist_forward", distances),
};
