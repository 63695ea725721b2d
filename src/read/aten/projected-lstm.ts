// An LSTM whose state is projected to fewer numbers after each step (proj_size), one direction of one layer, as a Scan:
// ONNX's LSTM has no projection.
// Layout: input [T, B, F]; state [1, B, P], cell [1, B, H]; gates i f g o, each H rows of the weights; projection [P, H].
// Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
// Invariant: beyond the end of a sequence both states stay as they are, and the output is 0.
import { int, ints, subgraph } from "../../graph/attribute.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { Call } from "./call.ts";

/** The parameters of one direction, transposed when they are used. */
export interface ProjectedWeights {
  readonly input: Value;
  readonly state: Value;
  readonly projection: Value;
  /** Of the input and of the state. */
  readonly biases: readonly Value[];
}

export interface ProjectedRun {
  readonly input: Value;
  readonly state: Value;
  readonly cell: Value;
  readonly weights: ProjectedWeights;
  readonly dtype: DType;
  readonly backwards: boolean;
  /** int32 [B], of padded sequences. */
  readonly lengths: Value | undefined;
}

/** Output [T, B, P], last state [1, B, P], last cell [1, B, H]. */
export function projectedLstm(call: Call, run: ProjectedRun): [Value, Value, Value] {
  const { weights } = run;
  const biased = weights.biases.reduce(
    (sum, bias) => call.op("Add", [sum, bias]),
    call.op("MatMul", [run.input, call.transpose(weights.input, [1, 0])]),
  );
  const recurrent = call.transpose(weights.state, [1, 0]);
  const projection = call.transpose(weights.projection, [1, 0]);
  const scanned = [biased, ...(run.lengths ? [mask(call, run.input, run.lengths)] : [])];
  const direction = run.backwards ? 1 : 0;
  const attributes = {
    body: subgraph(step(call, run, recurrent, projection)),
    num_scan_inputs: int(scanned.length),
    scan_input_directions: ints(scanned.map(() => direction)),
    scan_output_directions: ints([direction]),
  };
  const states = [call.squeeze(run.state, 0), call.squeeze(run.cell, 0)];
  const [state, cell, output] = call.builder.emitAll("Scan", [...states, ...scanned], attributes, {
    outputs: 3,
  }) as [Value, Value, Value]; // three were asked for
  return [output, call.unsqueeze(state, 0), call.unsqueeze(cell, 0)];
}

/** bool [T, B, 1], true where a step belongs to a sequence. */
function mask(call: Call, input: Value, lengths: Value): Value {
  const steps = call.op("Squeeze", [call.op("Shape", [input], { start: int(0), end: int(1) })]);
  const times = call.op("Range", [call.builder.int64(0), steps, call.builder.int64(1)]);
  const ends = call.cast(lengths, "int32", "int64");
  return call.op("Less", [call.unsqueeze(times, 1, 2), call.unsqueeze(ends, 0, 2)]);
}

/** c' = f c + i g, h' = (o tanh(c')) W_hr^T, where (i, f, g, o) = x + h W_hh^T */
function step(call: Call, run: ProjectedRun, recurrent: Value, projection: Value) {
  const body = call.openBody();
  const [state, cell, gates] = [body.input(), body.input(), body.input()];
  const builder = new GraphBuilder(body.graph);
  builder.origin = call.builder.origin;
  const op = (name: string, ...inputs: Value[]) => builder.emit(name, inputs);
  const sums = op("Add", gates, op("MatMul", state, recurrent));
  const split = builder.emitAll("Split", [sums], { axis: int(-1), num_outputs: int(4) }, { outputs: 4 });
  const [i, f, g, o] = split as [Value, Value, Value, Value]; // four were asked for
  const kept = op("Mul", op("Sigmoid", f), cell);
  const nextCell = op("Add", kept, op("Mul", op("Sigmoid", i), op("Tanh", g)));
  const next = op("MatMul", op("Mul", op("Sigmoid", o), op("Tanh", nextCell)), projection);
  if (!run.lengths) {
    for (const value of [next, nextCell, next]) body.output(value);
    return body.graph;
  }
  const goes = body.input();
  body.output(op("Where", goes, next, state));
  body.output(op("Where", goes, nextCell, cell));
  body.output(op("Where", goes, next, call.number(0, run.dtype)));
  return body.graph;
}
