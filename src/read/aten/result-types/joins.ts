// Results that are put together from several tensors along a certain axis, or cut from one along it.
import { addDims, type Dim, divideExactly, subDims } from "../../../graph/dim.ts";
import type { RankedType } from "../../../graph/typed-graph.ts";
import { type Facts, Refusal } from "../argument.ts";
import { promote } from "../promote.ts";
import { forEach, type Infer, type InferTable, replaced, sameOrEnd, typed } from "./infer.ts";

type Shape = readonly Dim[];

const ROW: (shape: Shape) => Shape = (shape) =>
  shape.length === 0 ? [1, 1] : shape.length === 1 ? [1, ...shape] : shape;
const COLUMN: (shape: Shape) => Shape = (shape) => (shape.length < 2 ? [shape[0] ?? 1, 1] : shape);
const LINE: (shape: Shape) => Shape = (shape) => (shape.length === 0 ? [1] : shape);
const SHEET: (shape: Shape) => Shape = (shape) => (shape.length > 2 ? shape : [...ROW(shape), 1]);

/** Tensors brought to a rank and joined along an axis; without one along the first of vectors, else the second. */
function joined(place: (shape: Shape) => Shape, axis?: number): Infer {
  return (call) => {
    const types = call.typesOf("tensors").flatMap((type) => type ?? []);
    const shapes = types.map(({ shape }) => place(shape));
    const [first, ...rest] = shapes;
    if (!first) throw new Refusal("it joins nothing");
    const along = axis ?? (first.length === 1 ? 0 : 1);
    const shape = first.map((size, at) =>
      rest.reduce<Dim>(
        (sum, other) => (at === along ? addDims(sum, other[at] ?? 0) : sameOrEnd(sum, other[at] ?? 0)),
        size,
      ),
    );
    return [
      typed(
        promote(types.map(({ dtype, shape }) => ({ dtype, rank: shape.length > 0 ? "dims" : "scalar" }))),
        shape,
      ),
    ];
  };
}

/** Pieces between places, or so many of equal size. */
function cut(axisOf: (call: Facts, rank: number) => number): Infer {
  return (call) => {
    const { dtype, shape } = call.type("self");
    const axis = axisOf(call, shape.length);
    const size = shape[axis] ?? 1;
    const sizes =
      call.argument("indices").kind === "ints" ? between(call.ints("indices"), size) : even(call, size);
    return sizes.map((piece): RankedType => typed(dtype, replaced(shape, axis, piece)));
  };
}

function between(places: readonly number[], size: Dim): Dim[] {
  if (typeof size !== "number")
    throw new Refusal(
      `an axis of ${size} may end before it is cut at ${places.at(-1)}; a fixed size is wanted`,
    );
  const ends = [...places, size].map((place) =>
    Math.min(Math.max(place < 0 ? place + size : place, 0), size),
  );
  return ends.map((end, index) => Math.max(end - (ends[index - 1] ?? 0), 0));
}

/** The first pieces are one longer where the size is no multiple. */
function even(call: Facts, size: Dim): Dim[] {
  const count = call.int("sections");
  const piece = divideExactly(size, count);
  if (piece !== undefined) return new Array<Dim>(count).fill(piece);
  if (typeof size !== "number") throw new Refusal(`an axis of ${size} is cut into ${count} pieces`);
  const least = Math.floor(size / count);
  return Array.from({ length: count }, (_, index) => least + (index < size % count ? 1 : 0));
}

const turned: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const [a = 0, b = 1] = call.axes("dims", shape.length);
  if (Math.abs(call.int("k")) % 2 === 0) return [typed(dtype, shape)];
  return [typed(dtype, replaced(replaced(shape, a, shape[b] ?? 1), b, shape[a] ?? 1))];
};

/** One slope for each axis that is asked for. */
const slopes: Infer = (call) => {
  const type = call.type("self");
  const count = call.has("dim") ? call.ints("dim").length : type.shape.length;
  return new Array<RankedType>(count).fill(type);
};

/** All choices of `r` elements, with each element once or any number of times. */
const choices: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const [size] = shape;
  const count = call.int("r");
  if (typeof size !== "number") throw new Refusal(`choices of ${size} elements; a fixed number is wanted`);
  const from = call.bool("with_replacement") ? size + count - 1 : size;
  let ways = count > from ? 0 : 1;
  for (let taken = 1; taken <= count && ways > 0; taken++) ways = (ways * (from - count + taken)) / taken;
  return [typed(dtype, [ways, count])];
};

/** Every element of each vector with every one of the others. */
const product: Infer = (call) => {
  const types = call.typesOf("tensors").flatMap((type) => type ?? []);
  const [only, ...others] = types;
  if (only && others.length === 0) return [only];
  const sizes = types.map(({ shape }) => shape[0] ?? 1);
  if (!sizes.every((size) => typeof size === "number"))
    throw new Refusal("a product of vectors of free sizes; fixed ones are wanted");
  const rows = sizes.reduce((all, size) => all * size, 1);
  return [typed(only?.dtype ?? "float32", [rows, types.length])];
};

const windows: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const axis = call.axis("dimension", shape.length);
  const [size, step] = [call.int("size"), call.int("step")];
  const rest = subDims(shape[axis] ?? 1, size);
  const count =
    step === 1 ? addDims(rest, 1) : typeof rest === "number" ? Math.floor(rest / step) + 1 : undefined;
  if (count === undefined) throw new Refusal(`windows of an axis of ${shape[axis]}; a fixed size is wanted`);
  return [typed(dtype, [...replaced(shape, axis, count), size])];
};

export const JOINS: InferTable = {
  hstack: joined(LINE),
  ...forEach("vstack row_stack", joined(ROW, 0)),
  column_stack: joined(COLUMN, 1),
  dstack: joined(SHEET, 2),
  tensor_split: cut((call, rank) => call.axis("dim", rank)),
  hsplit: cut((_, rank) => (rank === 1 ? 0 : 1)),
  vsplit: cut(() => 0),
  dsplit: cut(() => 2),
  rot90: turned,
  gradient: slopes,
  combinations: choices,
  cartesian_prod: product,
  unfold_copy: windows,
};
