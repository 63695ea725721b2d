// A convolution in as many groups as only running tells, such as one for each sample with weights of its own: a Scan over
// the groups, each a plain convolution.
// Layout: input [N, G c, ...], weight [G a, b, ...], bias [G o]; result [N, G o, ...].
import { int, subgraph } from "../../graph/attribute.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { type Dim, divideExactly } from "../../graph/dim.ts";
import type { Value } from "../../graph/graph.ts";
import { Refusal } from "./argument.ts";
import type { Call } from "./call.ts";

interface Shaped {
  readonly value: Value;
  readonly shape: readonly Dim[];
}

interface Operands {
  readonly input: Shaped;
  readonly weight: Shaped;
  readonly bias?: Shaped;
}

/** `convolve` makes the nodes of one group from its input, weight and, if there is one, bias. */
export function inFreeGroups(
  call: Call,
  groups: Dim,
  { input, weight, bias }: Operands,
  result: readonly Dim[],
  convolve: (builder: GraphBuilder, inputs: readonly Value[]) => Value,
): Value {
  const apart = [
    call.transpose(split(call, input, 1, groups), swapped(input.shape.length + 1)),
    split(call, weight, 0, groups),
    ...(bias ? [split(call, bias, 0, groups)] : []),
  ];
  const body = call.openBody();
  const inputs = apart.map(() => body.input());
  const builder = new GraphBuilder(body.graph);
  builder.origin = call.builder.origin;
  body.output(convolve(builder, inputs));
  const attributes = { body: subgraph(body.graph), num_scan_inputs: int(apart.length) };
  const beside = call.transpose(call.op("Scan", apart, attributes), swapped(result.length + 1));
  return call.reshape(beside, splitShape(result, 1, groups), result);
}

/** The groups of an axis as an axis before it. */
function split(call: Call, { value, shape }: Shaped, axis: number, groups: Dim): Value {
  return call.reshape(value, shape, splitShape(shape, axis, groups));
}

function splitShape(shape: readonly Dim[], axis: number, groups: Dim): Dim[] {
  const each = divideExactly(shape[axis] ?? 0, groups);
  if (each === undefined) throw new Refusal(`${groups} groups do not always divide ${shape[axis]} channels`);
  return [...shape.slice(0, axis), groups, each, ...shape.slice(axis + 1)];
}

/** Exchanges the first two axes. */
function swapped(rank: number): number[] {
  return [1, 0, ...[...new Array<number>(rank).keys()].slice(2)];
}
