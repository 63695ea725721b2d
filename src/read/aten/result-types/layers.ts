// Results of recurrent layers and of layers that normalise and give their statistics too; losses.
import { type Dim, mulDims } from "../../../graph/dim.ts";
import type { RankedType } from "../../../graph/typed-graph.ts";
import { type Facts, Refusal } from "../argument.ts";
import { broadcastOf, forEach, type Infer, type InferTable, promoted, same, typed } from "./infer.ts";

/** The layer's outputs have the size of its state, once for each direction. */
function hidden(call: Facts, state: RankedType): RankedType {
  if (!call.has("input")) throw new Refusal("it runs over packed sequences");
  const { dtype, shape } = call.type("input");
  if (shape.length === 3) same(shape[call.bool("batch_first") ? 0 : 1] ?? 1, state.shape[1] ?? 1);
  const size: Dim = mulDims(state.shape.at(-1) ?? 0, call.bool("bidirectional") ? 2 : 1);
  return typed(dtype, [...shape.slice(0, -1), size]);
}

const lstm: Infer = (call) => {
  const [state, cell] = call.typesOf("hx");
  if (!state || !cell) throw new Refusal("its first states are missing");
  return [hidden(call, state), state, cell];
};

const recurrent: Infer = (call) => {
  const state = call.type("hx");
  return [hidden(call, state), state];
};

/** Losses over all elements: a number, or one for each element. */
const elementLoss: Infer = (call) => {
  const names = call.schema?.arguments.slice(0, 2).map(({ name }) => name) ?? [];
  const shape = call.int("reduction") === 0 ? broadcastOf(call, names) : [];
  return [typed(promoted(call, names), shape)];
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
  ...forEach("gru rnn_tanh rnn_relu", recurrent),
  ...forEach("mse_loss l1_loss smooth_l1_loss huber_loss", elementLoss),
  native_layer_norm: normalized,
  cosine_similarity: similarity,
  ...forEach("cdist _cdist_forward", distances),
};
