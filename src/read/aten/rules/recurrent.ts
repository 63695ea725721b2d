// LSTM, GRU and plain recurrent networks, one ONNX operator a layer (projected-lstm.ts where ONNX has none).
// Layout: PyTorch's gates i f g o become ONNX's i o f c, and r z n become z r h; biases of input and state are joined.
// ONNX gives [time, directions, batch, hidden]; PyTorch joins the directions in the last axis.
// Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html, https://onnx.ai/onnx/operators/onnx__LSTM.html
import { int, string, strings } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Facts } from "../argument.ts";
import type { Call } from "../call.ts";
import { countsOf, pack, packingOfSizes, unpack, widthOf } from "../packed-sequence.ts";
import { projectedLstm } from "../projected-lstm.ts";
import type { Rule } from "../rule.ts";

interface Kind {
  readonly op: string;
  /** The place in PyTorch's order of each of ONNX's gates. */
  readonly gates: readonly number[];
  readonly states: number;
  readonly activation?: string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  lstm: { op: "LSTM", gates: [0, 3, 1, 2], states: 2 },
  gru: { op: "GRU", gates: [1, 0, 2], states: 1 },
  rnn_tanh: { op: "RNN", gates: [0], states: 1, activation: "Tanh" },
  rnn_relu: { op: "RNN", gates: [0], states: 1, activation: "Relu" },
};

export const RECURRENT: Rule = {
  targets: Object.keys(KINDS).flatMap((name) => [`aten::${name}.input`, `aten::${name}.data`]),
  limits: "not in training mode",
  refuse: refuse,
  emit: (call) => network(call, KINDS[call.name] as Kind), // the table has the target
};

function refuse(call: Facts): string | undefined {
  if (call.bool("train") && call.float("dropout") > 0)
    return "the model is in training mode; call .eval() before exporting";
  const sizes = parametersEach(call) * directionsOf(call) * call.int("num_layers");
  const given = call.typesOf("params").length;
  return given === sizes ? undefined : `${given} weights are given and ${sizes} wanted`;
}

/** How many weights one direction of a layer has. */
function parametersEach(call: Facts): number {
  return (call.bool("has_biases") ? 4 : 2) + (isProjected(call) ? 1 : 0);
}

/** Whether the state is projected after each step (proj_size), which is a weight more for each direction. */
function isProjected(call: Facts): boolean {
  const plain = (call.bool("has_biases") ? 4 : 2) * directionsOf(call) * call.int("num_layers");
  return call.name === "lstm" && call.typesOf("params").length > plain;
}

function directionsOf(call: Facts): number {
  return call.bool("bidirectional") ? 2 : 1;
}

function network(call: Call, kind: Kind): Value[] {
  if (call.target.endsWith(".data")) return packedNetwork(call, kind);
  const rank = call.rank("input");
  const batchFirst = call.bool("batch_first") && rank === 3;
  const states = call.tensors("hx").map((state) => (rank === 2 ? call.unsqueeze(state, 1) : state));
  let x = call.tensor("input");
  if (rank === 2) x = call.unsqueeze(x, 1);
  if (batchFirst) x = call.transpose(x, [1, 0, 2]);
  const [output, ...finals] = layers(call, kind, x, states);
  const turned = batchFirst ? call.transpose(output as Value, [1, 0, 2]) : (output as Value); // there is always one
  return rank === 2 ? [turned, ...finals].map((value) => call.squeeze(value, 1)) : [turned, ...finals];
}

/** Padded for the layers, which are told the lengths, and packed again. */
function packedNetwork(call: Call, kind: Kind): Value[] {
  const data = call.tensor("data");
  const packing = packingOfSizes(call, call.as("batch_sizes", "int64"));
  const filling = call.number(0, call.dtypeOf("data"));
  const x = unpack(call, data, widthOf(call, data), filling, packing);
  const lengths = call.cast(countsOf(call, packing, "sequences"), "int64", "int32");
  const [output, ...finals] = layers(call, kind, x, call.tensors("hx"), lengths);
  return [pack(call, output as Value, packing), ...finals]; // there is always one
}

/** Output [time, batch, directions * hidden] and last states of all layers, from an input with time first. */
function layers(call: Call, kind: Kind, input: Value, states: readonly Value[], lengths?: Value): Value[] {
  let x = input;
  const finals: Value[][] = states.map(() => []);
  for (let layer = 0; layer < call.int("num_layers"); layer += 1) {
    const [output, ...last] = isProjected(call)
      ? projectedLayer(call, layer, x, states, lengths)
      : oneLayer(call, kind, layer, x, states, lengths);
    x = output as Value; // there is always one
    for (const [index, state] of last.entries()) finals[index]?.push(state);
  }
  const all = finals.map((parts) =>
    parts.length === 1 ? (parts[0] as Value) : call.op("Concat", parts, { axis: int(0) }),
  );
  return [x, ...all];
}

/** Output [time, batch, directions * hidden], then the last states [directions, batch, hidden]. */
function oneLayer(
  call: Call,
  kind: Kind,
  layer: number,
  x: Value,
  states: readonly Value[],
  lengths: Value | undefined,
): Value[] {
  const directions = directionsOf(call);
  const hidden = hiddenSize(call);
  const [weights, recurrence, biases] = parameters(call, kind, layer, directions, hidden);
  const initial = states.map((state) => statesOf(call, state, layer * directions, directions));
  const inputs = [x, weights, recurrence, biases, lengths, ...initial];
  const activations = kind.activation
    ? { activations: strings(new Array<string>(directions).fill(kind.activation)) }
    : {};
  const attributes = {
    hidden_size: int(hidden),
    ...(directions === 2 ? { direction: string("bidirectional") } : {}),
    ...(kind.op === "GRU" ? { linear_before_reset: int(1) } : {}),
    ...activations,
  };
  const [sequence, ...last] = call.builder.emitAll(kind.op, inputs, attributes, { outputs: 1 + kind.states });
  if (directions === 1) return [call.squeeze(sequence as Value, 1), ...last]; // one output was asked for
  const beside = call.transpose(sequence as Value, [0, 2, 1, 3]);
  return [call.op("Reshape", [beside, call.builder.int64s([0, 0, 2 * hidden])]), ...last];
}

/** As oneLayer, with a projection: each direction by itself. */
function projectedLayer(
  call: Call,
  layer: number,
  input: Value,
  states: readonly Value[],
  lengths: Value | undefined,
): Value[] {
  const [each, directions] = [parametersEach(call), directionsOf(call)];
  const all = call.tensors("params");
  const runs = Array.from({ length: directions }, (_, direction) => {
    const place = layer * directions + direction;
    const own = all.slice(place * each, (place + 1) * each) as [Value, Value, ...Value[]]; // at least three
    const [state, cell] = states.map((value) => statesOf(call, value, place, 1)) as [Value, Value]; // PyTorch wants two
    const weights = {
      input: own[0],
      state: own[1],
      biases: own.slice(2, -1),
      projection: own.at(-1) as Value,
    };
    const dtype = call.result().dtype;
    return projectedLstm(call, { input, state, cell, weights, dtype, backwards: direction === 1, lengths });
  });
  const [forwards, backwards] = runs;
  if (!forwards || !backwards) return forwards ?? [];
  return [2, 0, 0].map((axis, index) =>
    call.op("Concat", [forwards[index], backwards[index]], { axis: int(axis) }),
  );
}

/** The states of `count` directions from `start` on. */
function statesOf(call: Call, states: Value, start: number, count: number): Value {
  return count === directionsOf(call) * call.int("num_layers")
    ? states
    : call.slice(states, 0, start, start + count);
}

function hiddenSize(call: Facts): number {
  const recurrence = call.typesOf("params")[1];
  return Number((recurrence?.shape as readonly Dim[] | undefined)?.at(-1) ?? 0);
}

/** Weights [directions, gates * hidden, in], recurrence weights, and biases [directions, 2 * gates * hidden] if there are. */
function parameters(
  call: Call,
  kind: Kind,
  layer: number,
  directions: number,
  hidden: number,
): (Value | undefined)[] {
  const each = parametersEach(call);
  const all = call.tensors("params");
  const own = Array.from({ length: directions }, (_, direction) => {
    const first = (layer * directions + direction) * each;
    return all.slice(first, first + each).map((value) => reordered(call, value, kind, hidden));
  });
  const stacked = (place: number) =>
    joined(
      call,
      own.map((values) => call.unsqueeze(values[place] as Value, 0)),
    );
  if (each === 2) return [stacked(0), stacked(1), undefined];
  const biases = own.map((values) =>
    call.unsqueeze(call.op("Concat", [values[2], values[3]], { axis: int(0) }), 0),
  );
  return [stacked(0), stacked(1), joined(call, biases)];
}

function joined(call: Call, values: readonly Value[]): Value {
  return values.length === 1 ? (values[0] as Value) : call.op("Concat", values, { axis: int(0) });
}

/** The gates, which are blocks of `hidden` rows, in ONNX's order. */
function reordered(call: Call, value: Value, kind: Kind, hidden: number): Value {
  if (kind.gates.length === 1) return value;
  const sizes = call.builder.int64s(kind.gates.map(() => hidden));
  const blocks = call.builder.emitAll(
    "Split",
    [value, sizes],
    { axis: int(0) },
    { outputs: kind.gates.length },
  );
  return call.op(
    "Concat",
    kind.gates.map((gate) => blocks[gate]),
    { axis: int(0) },
  );
}
