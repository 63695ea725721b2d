// What the caller says of the batch, and which axis of each input it may be.
import { type Problem, problem, raise } from "../core/errors.ts";
import { type Dim, symbolName } from "../graph/dim.ts";
import type { Value } from "../graph/graph.ts";
import type { TypedGraph } from "../graph/typed-graph.ts";
import type { InputAxes } from "./free-graph.ts";

/**
 * `auto` frees the batch where that can be proved and keeps it elsewhere; `dynamic` fails where it is not free;
 * `keep` takes the file as it is.
 */
export type BatchMode = "auto" | "dynamic" | "keep";

/** The batch axis of each input, by name, or one for all; `none` for an input without a batch. */
export type BatchAxes = number | Readonly<Record<string, number | "none">>;

/** What inputs are declared as is enough to find their batch. */
export type Declared = Pick<TypedGraph, "graph" | "knownType">;

const RECURRENT: readonly string[] = ["LSTM", "GRU", "RNN"];

/** Throws BATCH_AXIS_MISFIT for names and axes that the inputs do not have. */
export function checkBatchAxes(typed: Declared, file: string, wanted: BatchAxes): void {
  const names = typed.graph.inputs.map((input) => input.name);
  const given = typeof wanted === "number" ? [] : Object.keys(wanted);
  const problems: Problem[] = given
    .filter((name) => !names.includes(name))
    .map((input) =>
      problem("BATCH_AXIS_MISFIT", { file, input, reason: `the inputs are ${names.join(", ")}` }),
    );
  // One number for all is for the inputs that have such an axis; there has to be one.
  const isForNone = typeof wanted === "number" && wanted !== 0 && statedAxes(typed, wanted).size === 0;
  for (const input of typed.graph.inputs) {
    const axis = typeof wanted !== "number" ? wanted[input.name] : isForNone ? wanted : undefined;
    const shape = shapeOf(input, typed);
    if (typeof axis !== "number" || !shape || axisIn(shape, axis) !== undefined) continue;
    const reason = `it has ${shape.length} dimensions and none numbered ${axis}`;
    problems.push(problem("BATCH_AXIS_MISFIT", { file, input: input.name, reason }));
  }
  raise(problems);
}

/** The axis that the caller or the default says, of the inputs that have it. What a model keeps between calls has none. */
export function statedAxes(typed: Declared, wanted: BatchAxes): InputAxes {
  const { inputs, states } = typed.graph;
  const axes = new Map<string, number>();
  for (const [index, input] of inputs.entries()) {
    const shape = shapeOf(input, typed);
    const axis = typeof wanted === "number" ? wanted : (wanted[input.name] ?? 0);
    const isState = states.some((state) => state.input === index);
    const counted = axis === "none" || !shape || isState ? undefined : axisIn(shape, axis);
    if (counted !== undefined) axes.set(input.name, counted);
  }
  return axes;
}

/** The axis of each input whose size is this symbol. */
export function axesOfSymbol(typed: Declared, symbol: string): InputAxes {
  const axes = new Map<string, number>();
  for (const input of typed.graph.inputs) {
    const axis = shapeOf(input, typed)?.findIndex((dim) => symbolName(dim) === symbol) ?? -1;
    if (axis >= 0) axes.set(input.name, axis);
  }
  return axes;
}

/** Whether the caller means these axes, or says nothing and they are axis 0 or the batch of a recurrent network. */
export function isWanted(typed: Declared, axes: InputAxes, wanted: BatchAxes): boolean {
  if (isSilent(wanted) && hasRecurrence(typed)) return true;
  const stated = statedAxes(typed, wanted);
  return [...axes].every(([name, axis]) => stated.get(name) === axis);
}

/** Guesses at the inputs' batch axes in a file that fixes it, the likeliest first. */
export function guessAxes(typed: Declared, wanted: BatchAxes): { axes: InputAxes; size: number }[] {
  const guesses = [sameSize(typed, wanted)];
  if (isSilent(wanted) && hasRecurrence(typed)) guesses.push(sameSize(typed, 1));
  return guesses.filter((guess) => guess !== undefined);
}

/** The inputs that have at their axis the size that the first of them has there, or the first that is named. */
function sameSize(typed: Declared, wanted: BatchAxes): { axes: InputAxes; size: number } | undefined {
  const { inputs } = typed.graph;
  const stated = statedAxes(typed, wanted);
  const sizes = inputs.flatMap((input) => {
    const axis = stated.get(input.name);
    const size = axis === undefined ? undefined : shapeOf(input, typed)?.[axis];
    return axis !== undefined && typeof size === "number" && size > 0
      ? [{ name: input.name, axis, size }]
      : [];
  });
  const isNamed = ({ name }: { name: string }) => typeof wanted !== "number" && wanted[name] !== undefined;
  const size = (sizes.find(isNamed) ?? sizes[0])?.size;
  if (size === undefined) return undefined;
  const same = sizes.filter((input) => input.size === size);
  return { size, axes: new Map(same.map(({ name, axis }) => [name, axis])) };
}

function isSilent(wanted: BatchAxes): boolean {
  return typeof wanted !== "number" && Object.keys(wanted).length === 0;
}

/** Recurrent networks take sequences, whose axis 0 is often the time and axis 1 the batch. */
function hasRecurrence({ graph }: Declared): boolean {
  return graph.nodes.some(({ op }) => RECURRENT.includes(op));
}

export function shapeOf(value: Value, typed: Declared): readonly Dim[] | undefined {
  const type = typed.knownType(value);
  return type?.kind === "tensor" ? type.shape : undefined;
}

function axisIn(shape: readonly Dim[], axis: number): number | undefined {
  const counted = axis < 0 ? axis + shape.length : axis;
  return counted >= 0 && counted < shape.length ? counted : undefined;
}
